import type { DOMExceptionClass } from "./domexception.js";
import type { EventClasses } from "./events.js";
import type { EventHost, Host } from "./host.js";
import type { State } from "./phase.js";
import type { TextClasses } from "./text.js";
import type { UrlClasses } from "./url.js";
import { NativeError, defineLazyGlobal } from "./primordials.js";

/**
 * Globals that live in a script of their own (src/web), which a context evaluates when the first of these names is used: queries
 * and sleeping actions don't pay for them. A name that the script doesn't bring is left out of this table.
 */
const NAMES = [
  "Blob",
  "ByteLengthQueuingStrategy",
  "CountQueuingStrategy",
  "CryptoKey",
  "File",
  "FormData",
  "Headers",
  "ReadableByteStreamController",
  "ReadableStream",
  "ReadableStreamBYOBReader",
  "ReadableStreamBYOBRequest",
  "ReadableStreamDefaultController",
  "ReadableStreamDefaultReader",
  "Request",
  "Response",
  "SubtleCrypto",
  "TextDecoderStream",
  "TextEncoderStream",
  "TransformStream",
  "TransformStreamDefaultController",
  "WritableStream",
  "WritableStreamDefaultController",
  "WritableStreamDefaultWriter",
];

/** What the web script is given. */
export interface WebEnvironment {
  /** `EventHost` in actions only: check `state.phase` first. */
  host: Host & Partial<EventHost>;
  state: State;
  exception(): DOMExceptionClass;
  events(): EventClasses;
  urls(): UrlClasses;
  texts(): TextClasses;
  /** The answer to a request of the host, see host.ts. */
  answer(request: number | string | undefined): Promise<string>;
  /** Set by the web script: the caller of the HTTP action is gone. */
  onClientGone?: () => void;
  /** Set by the web script: the head of a response has left, and its body, this stream, may follow. */
  onHeadSent?: (stream: number) => void;
  /** Here once one of the names has been used. */
  classes?: WebClasses;
}

/** What `fetchStart` is told. */
export interface FetchRequest {
  method: string;
  url: string;
  headers: Array<[string, string]>;
  redirect: "follow" | "error" | "manual";
  /** Bytes of the body; null: not known. */
  length: number | null;
  /** Whether the body is in memory, so that it can be kept for being sent again. */
  repeatable: boolean;
}

/** What a fetch answers. */
export interface FetchResponse {
  status: number;
  statusText: string;
  headers: Array<[string, string]>;
  /** That of the last hop. */
  url: string;
  redirected: boolean;
  /** 0: no body. */
  stream: number;
}

export interface WebClasses {
  globals: Record<string, unknown>;
  /** `crypto.subtle` */
  subtle: unknown;
  /** `requestFromConvexJson` and the like (spec 30 §2.5), by name. */
  jsSyscalls: Record<string, (args: never) => unknown>;
}

/** The web classes of this context, which are made now if they aren't there yet. */
export function webClasses(web: WebEnvironment): WebClasses {
  if (web.classes === undefined) {
    const make = web.host.webScript();
    if (typeof make === "string") {
      throw new NativeError(make);
    }
    web.classes = make(web);
  }
  return web.classes;
}

export function defineWebClasses(web: WebEnvironment): void {
  for (const name of NAMES) {
    defineLazyGlobal(name, () => webClasses(web).globals[name]);
  }
}
