import { Content, bodyContent } from "./body.js";
import { type Pair, headerPairs } from "./headers.js";
import { checkNetwork, host, newAbortController, realm } from "./realm.js";
import { type Request, incomingRequest } from "./request.js";
import { Response } from "./response.js";
import { type ByteSource, HostSource, describe, pump } from "./source.js";

// A tab is the only control character that a header may carry.
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
/** Number of the runner protocol. */
const ERROR_LEVEL = 1;
const WITHOUT_BODY = new Set([204, 205, 304]);

/** The request as the router hands it through to `requestFromConvexJson`. */
export interface ConvexRequest {
  headerPairs: Pair[];
  url: string;
  method: string;
  streamId: number | null;
}

interface ConvexResponse {
  headerPairs: Pair[];
  status: number;
  streamId: number | null;
}

/** A request of that method wants no body. */
let method = "GET";
const bodies = new Map<number, ByteSource>();

export function requestFromConvexJson(json: ConvexRequest): Request {
  checkNetwork("HTTP actions");
  const content = json.streamId === null ? null : Content.ofSource(new HostSource(json.streamId));
  method = json.method;
  const client = newAbortController();
  realm.onClientGone = () => client.abort();
  realm.onHeadSent = headSent;
  return incomingRequest(json.method, json.url, json.headerPairs, content, client.signal);
}

export function convexJsonFromResponse(response: unknown): ConvexResponse {
  if (!(response instanceof Response)) {
    throw new Error("HTTP actions must return a Response");
  }
  if (response.status < 200) {
    throw new TypeError("An error response can't be sent");
  }
  const pairs: Pair[] = headerPairs(response.headers).map(([name, value]) => {
    if (CONTROL.test(value)) {
      throw new TypeError(`The header ${name} of a response has control characters in its value`);
    }
    return [name, value];
  });
  checkNetwork("HTTP actions");
  const content = bodyContent(response);
  if (content?.unusable) {
    throw new TypeError("The body of a response was already read");
  }
  const length = content === null ? (WITHOUT_BODY.has(response.status) ? undefined : 0) : content.length;
  if (length !== undefined && !response.headers.has("content-length")) {
    pairs.push(["content-length", String(length)]);
  }
  if (content === null || content.length === 0) {
    return { headerPairs: pairs, status: response.status, streamId: null };
  }
  const body = content.take();
  if (method === "HEAD") {
    body.cancel(undefined);
    return { headerPairs: pairs, status: response.status, streamId: null };
  }
  const stream = host.streamNew();
  bodies.set(stream, body);
  return { headerPairs: pairs, status: response.status, streamId: stream };
}

/** The body of a response has failed on its way: too late to tell the client why. */
function failed(error: unknown): void {
  const frames = error instanceof Error ? `\n${String(error.stack)}` : "";
  host.logPart(`The body of the response failed: ${describe(error)}${frames}`);
  host.logEnd(ERROR_LEVEL);
}

/** The head of a response has left: now its body may. */
function headSent(stream: number): void {
  const body = bodies.get(stream);
  bodies.delete(stream);
  if (body !== undefined) {
    pump(body, stream).catch(failed);
  }
}

