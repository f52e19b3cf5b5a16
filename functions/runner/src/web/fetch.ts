import type { FetchRequest, FetchResponse } from "../context/webnames.js";
import { Content, bodyContent } from "./body.js";
import { headerPairs } from "./headers.js";
import { host, realm } from "./realm.js";
import { Request, requestParts } from "./request.js";
import { type Response, fetchedResponse } from "./response.js";
import { HostSource, pump } from "./source.js";

const SCHEME = /^([a-z][a-z0-9+.-]*):/;

interface Sent {
  request: number | string | undefined;
  abort(reason: unknown): void;
}

function send(request: Request): Sent {
  const { method, url, headers, redirect } = requestParts(request);
  const content = bodyContent(request);
  const stream = content === null ? 0 : host.streamNew();
  const head: FetchRequest = {
    method,
    url,
    headers: headerPairs(headers),
    redirect,
    length: content === null ? 0 : (content.length ?? null),
    repeatable: content === null || content.isHere,
  };
  const number = host.fetchStart(JSON.stringify(head), stream);
  const body = content?.take();
  if (body !== undefined) {
    pump(body, stream).catch(() => undefined); // a body that fails fails the fetch
  }
  return {
    request: number,
    abort(reason) {
      if (typeof number === "number") {
        host.fetchAbort(number);
      }
      body?.cancel(reason);
    },
  };
}

/** The `fetch` of the Fetch standard, without what only makes sense in a browser (spec 30 §8.5). */
export async function fetch(input: unknown, init?: object): Promise<Response> {
  const request = new Request(input, init);
  const { signal, url } = requestParts(request);
  if (signal?.aborted) {
    throw signal.reason;
  }
  const scheme = SCHEME.exec(url)?.[1];
  if (scheme !== "http" && scheme !== "https") {
    throw new TypeError(`Unsupported URL scheme -- http and https are supported (scheme was ${scheme})`);
  }
  const sent = send(request);
  const answered = realm.answer(sent.request).catch(refused);
  if (signal === undefined) {
    return received(await answered).response;
  }
  let source: HostSource | undefined;
  return new Promise<Response>((resolve, reject) => {
    const abort = () => {
      source?.abort(signal.reason);
      reject(signal.reason as Error);
      sent.abort(signal.reason);
    };
    signal.addEventListener("abort", abort);
    const over = () => signal.removeEventListener("abort", abort);
    answered.then(
      (json) => {
        const answer = received(json, over);
        source = answer.source;
        resolve(answer.response);
      },
      (error: unknown) => {
        over();
        reject(error as Error);
      },
    );
  });
}

/** What the standard calls a network error for rules of its own is a TypeError; that a server can't be reached is an Error. */
function refused(error: Error): never {
  throw error.message.startsWith("fetch ") ? new TypeError(error.message) : error;
}

/** @param over called when all of the response is there */
function received(json: string, over?: () => void): { response: Response; source: HostSource | undefined } {
  const head = JSON.parse(json) as FetchResponse;
  const source = head.stream === 0 ? undefined : new HostSource(head.stream, over);
  if (source === undefined) {
    over?.();
  }
  return { response: fetchedResponse(head, source === undefined ? null : Content.ofSource(source)), source };
}
