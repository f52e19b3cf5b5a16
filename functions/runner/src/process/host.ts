import { AsyncLocalStorage } from "node:async_hooks";
import { types } from "node:util";
import type { Host } from "../context/host.js";
import { runCrypto } from "./crypto.js";
import type { Context, Snapshot } from "./context.js";

/** What of the host needs the parent process; the rest is here. */
export type ParentCalls = Pick<
  Host,
  "syscall" | "errorMessage" | "errorData" | "asyncSyscall" | "environmentVariable" | "instantiate" | "logPart" | "logEnd" | "mapFrame"
>;

const COMPONENTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash", "origin"] as const;
const MIN_STACK_FRAMES = 60;
const READ_UNIT = 2 ** 32;
const encoder = new TextEncoder();

function components(url: URL): string {
  let text = url.href;
  for (const component of COMPONENTS) {
    text += `\0${url[component]}`;
  }
  return text;
}

/** Bytes of a context's buffer. What user code has managed to put in its place is not touched. */
export function bytesOf(buffer: unknown, offset: number, length: number): Uint8Array {
  if (!types.isAnyArrayBuffer(buffer)) {
    throw new TypeError("no buffer");
  }
  return new Uint8Array(buffer, offset, length);
}

/** Uses up some stack and gives it back. */
function probeStack(frames: number, a: number, b: number, c: number): number {
  return frames === 0 ? a + b + c : probeStack(frames - 1, b + 1, c + 1, a + 1) + 1;
}

/**
 * The host functions that contexts get. One object serves all contexts: `current` tells which of them is running. They throw
 * nothing on purpose; what the engine throws (a stack that overflows) is caught by the wrappers inside the context.
 */
export function createHost(parent: ParentCalls, current: () => Context<unknown>): Host {
  return Object.freeze({
    __proto__: null,
    ...parent,
    webScript: () => current().runWebScript(),
    probe: () => {
      probeStack(MIN_STACK_FRAMES, 0, 0, 0);
    },
    random: () => current().random.double(),
    randomBytes: (length: number) => current().random.bytes(length).toString("latin1"),
    randomUuid: () => current().random.uuid(),
    monotonicMillis: () => performance.now(),
    wallMillis: () => Date.now(),
    isError: (value: unknown) => types.isNativeError(value),
    urlParse: (input: string, base: string | undefined) => {
      try {
        return components(new URL(input, base));
      } catch {
        return undefined;
      }
    },
    urlSet: (href: string, component: string, value: string) => {
      try {
        const url = new URL(href);
        (url as unknown as Record<string, string>)[component] = value;
        return components(url);
      } catch {
        return undefined;
      }
    },
    utf8Length: (text: string) => Buffer.byteLength(text, "utf8"),
    utf8Write: (text: string, buffer: ArrayBufferLike, offset: number, length: number) => {
      const { read, written } = encoder.encodeInto(text, bytesOf(buffer, offset, length));
      return read * READ_UNIT + written;
    },
    decoderNew: (label: string, fatal: boolean, ignoreBOM: boolean) => {
      try {
        return current().decoders.push(new TextDecoder(label, { fatal, ignoreBOM })) - 1;
      } catch {
        return -1;
      }
    },
    decoderLabel: (decoder: number) => current().decoders[decoder]!.encoding,
    decoderRun: (decoder: number, buffer: ArrayBufferLike, offset: number, length: number, stream: boolean) => {
      try {
        return current().decoders[decoder]!.decode(bytesOf(buffer, offset, length), { stream });
      } catch {
        return undefined;
      }
    },
    detach: (buffer: ArrayBuffer) => {
      structuredClone(undefined, { transfer: [bytesOf(buffer, 0, 0).buffer as ArrayBuffer] });
    },
    crypto: (requestJson: string, buffer: ArrayBufferLike, offset: number, length: number) =>
      runCrypto(requestJson, bytesOf(buffer, offset, length), current().keys),
    atob: (text: string) => {
      try {
        return atob(text);
      } catch {
        return undefined;
      }
    },
    btoa: (text: string) => {
      try {
        return btoa(text);
      } catch {
        return undefined;
      }
    },
    storageNew: () => current().storages.push(new AsyncLocalStorage()) - 1,
    storageGet: (storage: number) => current().storages[storage]!.getStore(),
    storageEnter: (storage: number, value: unknown) => current().storages[storage]!.enterWith(value),
    storageRun: (storage: number, value: unknown, thunk: () => void) => current().storages[storage]!.run(value, thunk),
    storageDisable: (storage: number) => current().storages[storage]!.disable(),
    snapshotIfAny: () =>
      current().storages.length === 0 ? -1 : current().snapshots.push(AsyncLocalStorage.snapshot() as Snapshot) - 1,
    snapshotNew: () => current().snapshots.push(AsyncLocalStorage.snapshot() as Snapshot) - 1,
    snapshotRun: (snapshot: number, thunk: () => void) => current().snapshots[snapshot]!(thunk),
    snapshotDrop: (snapshot: number) => {
      delete current().snapshots[snapshot];
    },
  } as unknown as Host);
}
