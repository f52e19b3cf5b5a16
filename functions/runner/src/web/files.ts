import { Blob, blobFrom, blobSource } from "./blob.js";
import { checkNetwork, host, realm } from "./realm.js";
import { HostSource, pump } from "./source.js";

const HEX = /^[0-9a-fA-F]{64}$/;

interface Stored {
  stream: number;
  size: number;
  contentType: string | null;
}

/** The header `Digest` for a SHA-256 in Base64 or hexadecimal. */
function digestOf(sha256: unknown): string {
  if (sha256 === undefined || sha256 === null) {
    return "";
  }
  const text = String(sha256);
  if (!HEX.test(text)) {
    return `sha-256=${text}`;
  }
  const bytes = text.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
  return `sha-256=${host.btoa(bytes)!}`;
}

export async function storeBlob(blob: unknown, sha256: unknown): Promise<string> {
  checkNetwork("storage.store()");
  if (!(blob instanceof Blob)) {
    throw new Error("store() expects a Blob. Of a Request or Response, `await request.blob()` makes one.");
  }
  const stream = host.streamNew();
  const stored = realm.answer(host.storageStore(stream, blob.type, digestOf(sha256)));
  const written = pump(blobSource(blob), stream);
  const [id] = await Promise.all([stored, written]);
  return JSON.parse(id) as string;
}

async function open(storageId: string): Promise<Stored | null> {
  return JSON.parse(await realm.answer(host.storageOpen(storageId))) as Stored | null;
}

/** A stored file as a blob that is only read when it is used, each time from the start. */
export async function getBlob(storageId: string): Promise<Blob | null> {
  checkNetwork("storage.get()");
  const stored = await open(storageId);
  if (stored === null) {
    return null;
  }
  let first: HostSource | undefined = new HostSource(stored.stream);
  const reopen = async () => {
    const source = first;
    first = undefined;
    if (source !== undefined) {
      return source;
    }
    const again = await open(storageId);
    if (again === null) {
      throw new Error(`The stored file ${storageId} has been deleted`);
    }
    return new HostSource(again.stream);
  };
  return blobFrom(reopen, stored.size, stored.contentType ?? "");
}
