import { cutUtf8 } from "./logs.js";

const MAX_FRAMES = 200;
const MAX_FRAME_BYTES = 2048;

/** A failure as the server is told it. */
export interface Failure {
  message: string;
  data: string;
  frames: string[];
}

/** Makes a failure of a description (see context/errors.ts), whose parts user code may have made of any size. */
export function toFailure(description: string[], messageBytes: number, dataBytes: number): Failure {
  const [message, data, ...frames] = description.map(String);
  const large = Buffer.byteLength(data!, "utf8") > dataBytes;
  return {
    message: large ? "ConvexError with invalid data: Value is too large" : cutUtf8(message!, messageBytes),
    data: large ? "" : data!,
    frames: frames.slice(0, MAX_FRAMES).map((frame) => cutUtf8(frame, MAX_FRAME_BYTES)),
  };
}
