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
  /** JSON text if the answer is there already; else the number of the pending request, which `Control.settle` names later. */
  asyncSyscall(operation: string, argsJson: string): number | string;
  environmentVariable(name: string): string | undefined;
  /** The wrapper function of a module (of this context), or a string: what is wrong. */
  instantiate(path: string): ModuleFunction | string;
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
  atob(text: string): string | undefined;
  btoa(text: string): string | undefined;
  /** The thunks and values of the storage functions are objects of this context. */
  storageNew(): number;
  storageGet(storage: number): unknown;
  storageEnter(storage: number, value: unknown): void;
  storageRun(storage: number, value: unknown, thunk: () => void): void;
  storageDisable(storage: number): void;
  snapshotNew(): number;
  snapshotRun(snapshot: number, thunk: () => void): void;
}

/** The functions that a compiled module is called with. */
export type ModuleFunction = (
  load: (specifier: string) => object,
  define: (exports: Record<string, () => unknown>) => void,
  reexport: (namespace: object) => void,
  dynamicImport: (specifier: unknown) => Promise<never>,
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
