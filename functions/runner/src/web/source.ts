import { ReadableStream } from "web-streams-polyfill";
import { concatenate, host, realm } from "./realm.js";

const CHUNK = 64 * 1024;

/** Bytes that come one chunk after the other; read by one reader, once. */
export interface ByteSource {
  /** Undefined at the end, and ever after. */
  read(): Promise<Uint8Array | undefined>;
  cancel(reason: unknown): void;
}

/** A stream that comes from the outside. An aborted signal breaks it with the signal's reason. */
export class HostSource implements ByteSource {
  #ended = false;
  #aborted: { reason: unknown } | undefined;

  constructor(
    readonly stream: number,
    /** Called when it has come to an end, whatever end. */
    private readonly over: () => void = () => undefined,
  ) {}

  #end(): void {
    this.#ended = true;
    this.over();
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#ended) {
      return undefined;
    }
    let available: number;
    try {
      available = Number(await realm.answer(host.streamRead(this.stream)));
    } catch (error) {
      this.#end();
      throw this.#aborted === undefined ? error : this.#aborted.reason;
    }
    if (this.#aborted !== undefined) {
      this.#end();
      throw this.#aborted.reason;
    }
    if (available === 0) {
      this.#end();
      return undefined;
    }
    const bytes = new Uint8Array(Math.min(available, CHUNK));
    const taken = host.streamTake(this.stream, bytes.buffer, 0, bytes.length);
    return taken === bytes.length ? bytes : bytes.slice(0, taken);
  }

  /** Breaks the stream with that reason. */
  abort(reason: unknown): void {
    if (!this.#ended && this.#aborted === undefined) {
      this.#aborted = { reason };
      host.streamCancel(this.stream);
    }
  }

  cancel(): void {
    if (!this.#ended) {
      this.#end();
      host.streamCancel(this.stream);
    }
  }
}

/** Reads a stream that user code has made. */
class StreamSource implements ByteSource {
  readonly #reader;

  constructor(stream: ReadableStream<unknown>) {
    this.#reader = stream.getReader();
  }

  async read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#reader.read();
    if (done) {
      return undefined;
    }
    if (!(value instanceof Uint8Array)) {
      const error = new TypeError("The stream of a body must consist of Uint8Arrays");
      this.cancel(error);
      throw error;
    }
    return value;
  }

  cancel(reason: unknown): void {
    this.#reader.cancel(reason).catch(() => undefined);
  }
}

export function sourceOf(stream: ReadableStream<unknown>): ByteSource {
  return new StreamSource(stream);
}

export function partsSource(parts: Uint8Array[]): ByteSource {
  let at = 0;
  let offset = 0;
  return {
    async read() {
      while (at < parts.length) {
        const chunk = parts[at]!.slice(offset, offset + CHUNK);
        offset += CHUNK;
        if (offset >= parts[at]!.length) {
          at += 1;
          offset = 0;
        }
        if (chunk.length > 0) {
          return chunk;
        }
      }
      return undefined;
    },
    cancel() {
      at = parts.length;
    },
  };
}

/** A byte stream over a source, which is read only as fast as the stream is. */
export function streamOf(source: ByteSource): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const bytes = await source.read();
      if (bytes !== undefined) {
        controller.enqueue(bytes as Uint8Array<ArrayBuffer>);
        return;
      }
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel(reason) {
      source.cancel(reason);
    },
  });
}

export async function readAll(source: ByteSource): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for (let bytes = await source.read(); bytes !== undefined; bytes = await source.read()) {
    parts.push(bytes);
  }
  return concatenate(parts);
}

/**
 * Writes a source to a stream of the host's, as fast as that is read. A reader that goes away cancels the source.
 *
 * @throws what the source throws
 */
export async function pump(source: ByteSource, stream: number): Promise<void> {
  for (;;) {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await source.read();
    } catch (error) {
      host.streamFail(stream, describe(error));
      throw error;
    }
    if (bytes === undefined) {
      host.streamClose(stream);
      return;
    }
    try {
      for (let at = 0; at < bytes.length; at += CHUNK) {
        const length = Math.min(bytes.length - at, CHUNK);
        await realm.answer(host.streamWrite(stream, bytes.buffer, bytes.byteOffset + at, length));
      }
    } catch (error) {
      host.streamFail(stream, describe(error));
      source.cancel(error);
      return;
    }
  }
}

export function describe(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "Error";
  }
}
