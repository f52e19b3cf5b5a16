import { type ByteRange, byteRange, jsonParse, jsonStringify } from "../context/primordials.js";
import { bytesOf, refuse } from "./algorithms.js";
import { host } from "./realm.js";

export type Bytes = ArrayBuffer;

const NOTHING: ByteRange = { buffer: new ArrayBuffer(0), offset: 0, length: 0 };

/** Asks the host; bytes, or the parsed JSON. */
export function ask(request: Record<string, unknown>, data: ByteRange = NOTHING): unknown {
  const answer = host.crypto(jsonStringify(request), data.buffer, data.offset, data.length);
  if (answer[0] === "!") {
    const end = answer.indexOf("\n");
    return refuse(answer.slice(1, end), answer.slice(end + 1));
  }
  return answer[0] === "=" ? bytesOf(answer.slice(1)).buffer : jsonParse(answer);
}

export function rangeOf(data: unknown): ByteRange {
  const range = byteRange(data);
  if (range === undefined) {
    throw new TypeError("The data must be an ArrayBuffer or a view of one");
  }
  return range;
}
