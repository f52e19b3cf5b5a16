import { toFailure } from "../process/failures.js";
import type { FrameWriter } from "./channel.js";
import { type Limits, isTooLarge } from "./limits.js";
import { FromRunner } from "./protocol.js";

/** What became of a call. */
export interface Outcome {
  /** Code of the broken rule, or "". */
  code: string;
  /** Of a failure: message, data, frames. */
  failure: string[] | undefined;
  result: string;
}

/** What a call has used and left. */
export interface Spent {
  millis: number;
  bytes: number;
  /** Names of operations that it hasn't awaited. */
  unawaited: string[];
}

export function failed(code: string, failure: string[]): Outcome {
  return { code, failure, result: "" };
}

/** The outcome of a call that has returned that JSON. */
export function returned(path: string, name: string, result: string, limits: Limits): Outcome {
  // The server measures values; JSON beyond this is too large whatever is in it.
  return isTooLarge(result, limits)
    ? failed("", [`Function ${path}:${name} return value is too large (limit: ${limits.resultBytes >> 20} MiB)`, ""])
    : { code: "", failure: undefined, result };
}

/** Tells the outcome, the last thing that is told of a call. */
export function sendDone(out: FrameWriter, call: number, outcome: Outcome, spent: Spent, exits: boolean, limits: Limits): void {
  const { failure } = outcome;
  out.begin(FromRunner.DONE, call).u8(failure === undefined ? 1 : 0).u8(exits ? 1 : 0);
  out.f64(spent.millis).f64(spent.bytes).texts(spent.unawaited);
  if (failure === undefined) {
    out.text(outcome.result);
  } else {
    const { message, data, frames } = toFailure(failure, limits.errorBytes, limits.frameBytes / 2);
    out.text(outcome.code).text(message).text(data).texts(frames);
  }
  out.close();
  out.flush();
}
