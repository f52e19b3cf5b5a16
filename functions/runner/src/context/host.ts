import type { WebClasses, WebEnvironment } from "./webnames.js";

/**
 * What the runner process offers to the inside of a context. These functions belong to another realm: user code must never get
 * hold of one, of an object that one returns, or of an error that one throws. So only primitives cross (the exceptions, named
 * below, are objects of this context), calls go through {@link guard}, and none of them is ever stored where user code can reach.
 */
export interface Host {
  /** Makes sure that there is stack enough for a host call, or throws before anything has happened. */
  probe(): void;
  /** JSON text, or undefined: see {@link errorMessage}. */
  syscall(operation: string, argsJson: string): string | undefined;
  errorMessage(): string;
  errorData(): string | undefined;
  /**
   * JSON text if the answer is there already; else the number of the pending request, which `Control.settle` names later; undefined
   * if it is refused: see {@link errorMessage}.
   */
  asyncSyscall(operation: string, argsJson: string): number | string | undefined;
  environmentVariable(name: string): string | undefined;
  /** The wrapper function of a module (of this context), or a string: what is wrong. */
  instantiate(path: string): ModuleFunction | string;
  /** Evaluates the web script in this context: its set-up function, or a string: what is wrong. */
  webScript(): ((web: WebEnvironment) => WebClasses) | string;
  logPart(text: string): void;
  logEnd(level: number): void;
  random(): number;
  /** Latin-1 string of that many bytes. */
  randomBytes(length: number): string;
  randomUuid(): string;
  monotonicMillis(): number;
  wallMillis(): number;
  /** `file:line:column` in the user's sources; empty if the frame isn't theirs. */
  mapFrame(script: string, line: number, column: number): string;
  isError(value: unknown): boolean;
  /** Components separated by U+0000: href, protocol, username, password, hostname, port, pathname, search, hash, origin. */
  urlParse(input: string, base: string | undefined): string | undefined;
  urlSet(href: string, component: string, value: string): string | undefined;
  utf8Length(text: string): number;
  /** Writes into a buffer of this context. Returns code units read × 2^32 + bytes written. */
  utf8Write(text: string, buffer: ArrayBufferLike, offset: number, length: number): number;
  /** Number of the decoder; -1 if the label is unknown. */
  decoderNew(label: string, fatal: boolean, ignoreBom: boolean): number;
  decoderLabel(decoder: number): string;
  decoderRun(decoder: number, buffer: ArrayBufferLike, offset: number, length: number, stream: boolean): string | undefined;
  /** Detaches a buffer of this context. */
  detach(buffer: ArrayBuffer): void;
  /** Carries out an operation of WebCrypto on keys that stay outside; what goes in and comes out is told in process/crypto.ts. */
  crypto(requestJson: string, buffer: ArrayBufferLike, offset: number, length: number): string;
  atob(text: string): string | undefined;
  btoa(text: string): string | undefined;
  /** The thunks and values of the storage functions are objects of this context. */
  storageNew(): number;
  storageGet(storage: number): unknown;
  storageEnter(storage: number, value: unknown): void;
  storageRun(storage: number, value: unknown, thunk: () => void): void;
  storageDisable(storage: number): void;
  snapshotNew(): number;
  /** The same if the context has an AsyncLocalStorage, else -1. */
  snapshotIfAny(): number;
  snapshotRun(snapshot: number, thunk: () => void): void;
  /** It won't be run again. */
  snapshotDrop(snapshot: number): void;
}

/**
 * What actions may do besides. Whatever takes time returns the number of a request, which is answered as an asynchronous syscall is
 * (`WebEnvironment.answer` makes a promise of the number), with the text named here; a promise that is never awaited costs nothing.
 *
 * A stream is a number, one direction, bytes in order, at most one read or write waiting. Streams that come from outside (body of
 * the request, of a fetch, of a stored file) are read; streams that the context makes are written. A stream that is neither ended
 * nor cancelled when the call ends is cut. Bytes cross as ranges of buffers that belong to the context.
 */
export interface EventHost extends Host {
  /** Starts a timer; `Control.timer(id)` is called when it is due. False: there are too many. */
  timerStart(id: number, millis: number): boolean;
  timerClear(id: number): void;
  /** Makes sure that a module can be instantiated: a request answered with "", or failed with what is wrong. */
  moduleLoad(path: string): number | string | undefined;

  /** Waits for bytes: answered with how many there are now, "0" at the end; failed if the stream breaks. */
  streamRead(stream: number): number | string | undefined;
  /** Takes up to that many of the bytes that are there. Returns how many; the sender may send as many again. */
  streamTake(stream: number, buffer: ArrayBufferLike, offset: number, length: number): number;
  /** Says that nobody will read on. */
  streamCancel(stream: number): void;
  /** A new stream for writing. */
  streamNew(): number;
  /** Copies the bytes at once; answered with "" when more may be written, failed when the reader is gone. */
  streamWrite(stream: number, buffer: ArrayBufferLike, offset: number, length: number): number | string | undefined;
  streamClose(stream: number): void;
  /** Ends a stream with an error. */
  streamFail(stream: number, message: string): void;

  /**
   * Sends the head of an HTTP action's response. `stream` 0: no body. The call lives until the stream is closed or has failed. Returns
   * what is wrong, or "".
   */
  httpHead(status: number, headersJson: string, stream: number): string;

  /**
   * Starts a fetch: `requestJson` is `{method, url, headers: [[name, value], …], redirect}`, `stream` the body's or 0. Answered with
   * `{status, statusText, url, redirected, headers: [[name, value], …], stream}` when the head is there.
   */
  fetchStart(requestJson: string, stream: number): number | string | undefined;
  /** Gives up a fetch, by the number of its request: it fails if it is still pending; its streams break. */
  fetchAbort(request: number): void;

  /** Stores the bytes of a stream: answered with the id as JSON text. `digest` is `sha-256=<base64>` or "". */
  storageStore(stream: number, contentType: string, digest: string): number | string | undefined;
  /** Opens a stored file: answered with `{stream, size, contentType}`, or `null`. */
  storageOpen(storageId: string): number | string | undefined;
}

/** The functions that a compiled module is called with. */
export type ModuleFunction = (
  load: (specifier: string) => object,
  define: (exports: Record<string, () => unknown>) => void,
  reexport: (namespace: object) => void,
  dynamicImport: (specifier: unknown) => Promise<object>,
  meta: () => never,
) => void;

/**
 * Wraps a host function: no object of its realm leaves, not even the RangeError of a stack that overflows inside it.
 */
export function guard<A extends unknown[], R>(call: (...args: A) => R, probe: () => void): (...args: A) => R {
  return ((a: unknown, b: unknown, c: unknown, d: unknown, e: unknown) => {
    try {
      probe();
      return (call as (...args: unknown[]) => R)(a, b, c, d, e);
    } catch {
      throw new RangeError("Maximum call stack size exceeded");
    }
  }) as unknown as (...args: A) => R;
}
