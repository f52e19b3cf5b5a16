/*
 * Fetches of actions, over Node's own HTTP client (spec 30 §8.5): connections are kept for the next fetch, redirections are followed
 * here, what is compressed is unpacked. Everything happens in callbacks of the event loop, outside of any turn, and tells the call by
 * events. Nothing of it is ever seen by user code but texts and bytes.
 *
 * A Fetch goes: body collected (if it may have to be sent again) → hop, one for each redirection → head answered → body, which is read
 * only as far as the context takes it. `end` closes it from any state, once.
 */
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Readable, Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { FetchRequest, FetchResponse } from "../context/webnames.js";
import type { Call } from "./calls.js";
import type { Sink, Source } from "./streams.js";

const MAX_REDIRECTS = 20;
/** Bytes that wait for the context before the sender is held up. */
const MAX_WAITING = 256 << 10;
const USER_AGENT = "Freshet/1.0";
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const WITHOUT_BODY = new Set([204, 205, 304]);
/** Headers that belong to the connection, or that are made from the request itself. */
const OWN_HEADERS = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"]);
const BODY_HEADERS = new Set(["content-encoding", "content-language", "content-length", "content-location", "content-type"]);
/** Headers that are not for another origin than the one they were meant for. */
const PRIVATE_HEADERS = new Set(["authorization", "cookie", "host", "proxy-authorization"]);

const KEPT = { keepAlive: true, maxFreeSockets: 64 };
const agents = {
  http: { kept: new HttpAgent(KEPT), fresh: new HttpAgent() },
  https: { kept: new HttpsAgent(KEPT), fresh: new HttpsAgent() },
};
/** Not an object: servers choose what is looked for. */
const DECODERS = new Map<string, () => Transform>([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);
/** Bytes of the body of a redirection that are read for the sake of the connection. */
const MAX_DROPPED = 64 << 10;
/** What a connection fails with that its server has closed while it was kept. */
const CLOSED = new Set(["ECONNRESET", "EPIPE"]);

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map(reasonOf).join("; ");
  }
  const { message, code } = error as { message?: string; code?: string };
  return message || code || "unknown error";
}

function isHttp(url: URL): boolean {
  return url.protocol === "http:" || url.protocol === "https:";
}

/** Unpacks the body of a response; the second says whether there was anything to unpack. */
function unpacked(response: IncomingMessage): [Readable, boolean] {
  const decoder = DECODERS.get((response.headers["content-encoding"] ?? "").trim().toLowerCase());
  if (decoder === undefined) {
    return [response, false];
  }
  const plain = decoder();
  response.on("error", (error) => plain.destroy(error));
  return [response.pipe(plain), true];
}

/** Nobody wants the body: a short one is read, so that the connection may serve others, any other ends it. */
function drop(response: IncomingMessage): void {
  response.on("error", () => undefined);
  if (Number(response.headers["content-length"]) <= MAX_DROPPED) {
    response.resume();
  } else {
    response.destroy();
  }
}

class Fetch {
  private url: URL;
  private method: string;
  private headers: Array<[string, string]>;
  /** The whole body, if it is kept. */
  private kept: Buffer | undefined;
  private hops = 0;
  private retried = false;
  private current: ClientRequest | undefined;
  private source: Source | undefined;
  private ended = false;
  private readonly cancel = () => this.end(undefined);

  constructor(
    private readonly call: Call,
    private readonly request: number,
    private readonly wanted: FetchRequest,
    private body: Sink | undefined,
  ) {
    this.url = new URL(wanted.url);
    this.method = wanted.method;
    this.headers = wanted.headers.filter(([name]) => !OWN_HEADERS.has(name));
    call.aborts.add(this.cancel);
  }

  begin(): void {
    const { body } = this;
    if (body === undefined || !this.wanted.repeatable) {
      this.hop();
      return;
    }
    const chunks: Buffer[] = [];
    body.attach(
      {
        data: (chunk) => {
          chunks.push(chunk);
          setImmediate(() => body.grant(chunk.length));
        },
        end: () => {
          this.kept = Buffer.concat(chunks);
          this.hop();
        },
        fail: (message) => this.fail(message),
      },
      MAX_WAITING,
    );
  }

  /** Ends it, in whatever state it is; the error, if there is one, is told to whoever waits for it. */
  end(error: string | undefined): void {
    if (this.ended) {
      return;
    }
    this.ended = true;
    this.call.aborts.delete(this.cancel);
    this.body?.refuse("The request has ended");
    if (this.source !== undefined) {
      this.source.end(error);
    } else {
      this.call.refuse(this.request, error ?? "The request was aborted");
    }
    this.current?.destroy();
    this.release();
  }

  /** What the body's stream still refers to holds nothing more than it needs. */
  private release(): void {
    this.current = this.body = this.kept = undefined;
  }

  private fail(reason: string): void {
    this.end(`error sending request for url (${this.url.href}): ${reason}`);
  }

  /** For the fetch standard these are network errors, which the context makes TypeErrors of. */
  private refuse(message: string): void {
    this.end(`fetch ${message}`);
  }

  private hop(): void {
    if (this.ended) {
      return;
    }
    try {
      this.send();
    } catch (error) {
      this.fail(reasonOf(error));
    }
  }

  private send(): void {
    const secure = this.url.protocol === "https:";
    const connections = agents[secure ? "https" : "http"];
    const options = {
      method: this.method,
      headers: this.headersToSend(),
      // A body that can't be sent again gets a connection of its own: a kept one may turn out to be closed.
      agent: this.mayRepeat ? connections.kept : connections.fresh,
    };
    const sent = secure ? httpsRequest(this.url, options) : httpRequest(this.url, options as never);
    this.current = sent;
    sent.on("error", (error) => this.broken(sent, error));
    // Without an error or response ends what switches to another protocol.
    sent.on("close", () => this.broken(sent, new Error("the connection was closed without a response")));
    sent.on("response", (response) => this.answered(sent, response));
    if (this.body === undefined) {
      sent.end();
    } else if (this.kept !== undefined) {
      sent.end(this.kept);
    } else {
      this.stream(sent, this.body);
    }
  }

  private get mayRepeat(): boolean {
    return this.body === undefined || this.kept !== undefined;
  }

  private headersToSend(): Record<string, string | string[]> {
    const headers = Object.create(null) as Record<string, string | string[]>;
    headers["user-agent"] = USER_AGENT;
    headers["accept"] = "*/*";
    headers["accept-encoding"] = "gzip";
    const set = new Set<string>();
    for (const [name, value] of this.headers) {
      const known = set.has(name) ? headers[name] : undefined;
      set.add(name);
      headers[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
    }
    const length = this.kept?.length ?? this.wanted.length;
    if (this.body !== undefined && length !== null) {
      headers["content-length"] = String(length);
    } else if (this.body === undefined) {
      delete headers["content-length"];
    }
    return headers;
  }

  private stream(sent: ClientRequest, body: Sink): void {
    body.attach(
      {
        data: (chunk) => {
          sent.write(chunk, () => setImmediate(() => body.grant(chunk.length)));
        },
        end: () => sent.end(),
        fail: (message) => this.fail(message),
      },
      MAX_WAITING,
    );
  }

  private broken(sent: ClientRequest, error: Error): void {
    if (this.ended || sent !== this.current || this.source !== undefined) {
      return;
    }
    const isClosed = CLOSED.has(String((error as { code?: string }).code));
    if (sent.reusedSocket && isClosed && this.mayRepeat && !this.retried) {
      this.retried = true; // the server has closed a kept connection at the same moment
      this.hop();
      return;
    }
    this.fail(reasonOf(error));
  }

  private answered(sent: ClientRequest, response: IncomingMessage): void {
    if (this.ended || sent !== this.current) {
      response.destroy();
      return;
    }
    const { location } = response.headers;
    const status = response.statusCode!;
    if (REDIRECTS.has(status) && location !== undefined && this.wanted.redirect !== "manual") {
      drop(response);
      this.redirect(status, location);
      return;
    }
    this.deliver(status, response);
  }

  private redirect(status: number, location: string): void {
    if (this.wanted.redirect === "error") {
      this.refuse("attempted redirect");
      return;
    }
    let target: URL;
    try {
      // Bytes of the header are meant as UTF-8.
      target = new URL(Buffer.from(location, "latin1").toString("utf8"), this.url);
    } catch {
      this.refuse(`cannot redirect to ${location}`);
      return;
    }
    if (target.hash === "") {
      target.hash = this.url.hash;
    }
    this.hops += 1;
    if (this.hops > MAX_REDIRECTS) {
      this.refuse("too many redirects");
    } else if (!isHttp(target)) {
      this.refuse(`cannot redirect to ${target.protocol}`);
    } else if (status !== 303 && !this.mayRepeat) {
      this.refuse("cannot redirect with streamed body");
    } else {
      this.follow(status, target);
    }
  }

  private follow(status: number, target: URL): void {
    const becomesGet =
      ((status === 301 || status === 302) && this.method === "POST") ||
      (status === 303 && this.method !== "GET" && this.method !== "HEAD");
    if (becomesGet) {
      this.method = "GET";
      this.body?.refuse("The request was redirected");
      this.body = this.kept = undefined;
      this.headers = this.headers.filter(([name]) => !BODY_HEADERS.has(name));
    }
    if (target.origin !== this.url.origin) {
      this.headers = this.headers.filter(([name]) => !PRIVATE_HEADERS.has(name));
    }
    this.url = target;
    this.retried = false;
    this.hop();
  }

  private deliver(status: number, response: IncomingMessage): void {
    const hasBody = this.method !== "HEAD" && !WITHOUT_BODY.has(status);
    const [body, wasPacked] = hasBody ? unpacked(response) : [response, false];
    const headers: Array<[string, string]> = [];
    for (let i = 0; i < response.rawHeaders.length; i += 2) {
      const name = response.rawHeaders[i]!.toLowerCase();
      if (!wasPacked || (name !== "content-encoding" && name !== "content-length")) {
        headers.push([name, response.rawHeaders[i + 1]!]);
      }
    }
    const url = new URL(this.url);
    url.hash = "";
    const head: FetchResponse = {
      status,
      statusText: response.statusMessage ?? "",
      headers,
      url: url.href,
      redirected: this.hops > 0,
      stream: hasBody ? this.receive(body) : 0,
    };
    if (!hasBody) {
      response.on("error", () => undefined);
      response.resume();
      this.finish();
    }
    this.call.answer(this.request, JSON.stringify(head));
  }

  /** Lets the body flow as fast as the context reads it. */
  private receive(body: Readable): number {
    const { stream, source } = this.call.streams.localSource(
      () => {
        if (source.waiting < MAX_WAITING) {
          body.resume();
        }
      },
      () => this.end(undefined),
    );
    this.source = source;
    body.on("data", (chunk: Buffer) => {
      source.push(chunk);
      if (source.waiting >= MAX_WAITING) {
        body.pause();
      }
    });
    body.on("end", () => this.finish());
    body.on("error", (error) => this.end(`error reading the response of ${this.url.href}: ${reasonOf(error)}`));
    return stream;
  }

  /** The body has come to its end: the connection may serve others. */
  private finish(): void {
    if (!this.ended) {
      this.ended = true;
      this.call.aborts.delete(this.cancel);
      this.source?.end();
      this.body?.refuse("The request has ended");
      if (this.current?.writableFinished !== true) {
        this.current?.destroy();
      }
      this.release();
    }
  }
}

/**
 * Starts a fetch of a call, see `EventHost.fetchStart` in context/host.ts.
 *
 * @param stream the body's, or 0
 * @returns number of the request
 */
export function startFetch(call: Call, requestJson: string, stream: number): number | undefined {
  return call.operation("fetch", requestJson.length, (request) => {
    try {
      const fetch = new Fetch(call, request, JSON.parse(requestJson) as FetchRequest, stream === 0 ? undefined : call.streams.sink(stream));
      fetch.begin();
      return () => fetch.end(undefined);
    } catch (error) {
      setImmediate(() => call.refuse(request, reasonOf(error)));
      return undefined;
    }
  });
}
