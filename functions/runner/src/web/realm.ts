import type { AbortController } from "../context/events.js";
import type { EventHost } from "../context/host.js";
import { isExecuting, refuseHost } from "../context/phase.js";
import type { WebEnvironment } from "../context/webnames.js";

/** The environment of this context. */
export let realm: WebEnvironment;
/** Its host, as actions have it: nothing of it may be used before {@link checkNetwork} was. */
export let host: EventHost;

let decoder = -1;

export function enter(environment: WebEnvironment): void {
  realm = environment;
  host = environment.host as EventHost;
}

/** Only actions reach the outside, and only while they run. */
export function checkNetwork(what: string): void {
  if (realm.host.streamNew === undefined) {
    throw new Error(`${what} is only available in actions`);
  }
  if (!isExecuting(realm.state)) {
    throw refuseHost(realm.state, what);
  }
}

export function newAbortController(): AbortController {
  return new (realm.events().AbortController)();
}

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(host.utf8Length(text));
  host.utf8Write(text, bytes.buffer, 0, bytes.length);
  return bytes;
}

/** Leaves a byte order mark out. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (decoder < 0) {
    decoder = host.decoderNew("utf-8", false, false);
  }
  return host.decoderRun(decoder, bytes.buffer, bytes.byteOffset, bytes.length, false)!;
}

export function concatenate(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) {
    length += part.length;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
