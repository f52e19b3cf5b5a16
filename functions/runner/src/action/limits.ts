import type { Frame } from "./channel.js";

/** What the server's HELLO sets. */
export interface Limits {
  logLines: number;
  logLineBytes: number;
  errorBytes: number;
  operations: number;
  timers: number;
  credit: number;
  /** Bytes of the largest frame, and of the largest result: what is surely too large is refused here. */
  frameBytes: number;
  resultBytes: number;
  /** What a call may use, as errors tell it. */
  heapBytes: number;
}

export function readLimits(frame: Frame): Limits {
  return {
    logLines: frame.u32(),
    logLineBytes: frame.u32(),
    errorBytes: frame.u32(),
    operations: frame.u32(),
    timers: frame.u32(),
    credit: frame.u32(),
    frameBytes: frame.u32(),
    resultBytes: frame.u32(),
    heapBytes: frame.u32(),
  };
}

/** Whether arguments, a result or the data of an error are certainly beyond what a message may hold. */
export function isTooLarge(text: string, limits: Limits): boolean {
  return Buffer.byteLength(text, "utf8") > limits.frameBytes / 2;
}
