import type { AbortSignal } from "../context/events.js";
import { Body, type Content, extract } from "./body.js";
import { Headers, headersFrom } from "./headers.js";
import { host, newAbortController, realm } from "./realm.js";

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NORMALIZED = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);
const FORBIDDEN = new Set(["CONNECT", "TRACE", "TRACK"]);
const REDIRECTS = new Set(["follow", "error", "manual"]);

export type Redirect = "follow" | "error" | "manual";

interface RequestInit {
  method?: unknown;
  headers?: unknown;
  body?: unknown;
  redirect?: unknown;
  signal?: AbortSignal | null;
}

interface Parts {
  method: string;
  url: string;
  headers: Headers;
  redirect: Redirect;
  signal: AbortSignal | undefined;
  content: Content | null;
}

/** Marks a construction from parts; user code can't get hold of it. */
const PARTS = Symbol("parts");

let partsOf: (request: Request) => Parts;

function normalizeMethod(method: unknown): string {
  const text = String(method);
  const upper = text.toUpperCase();
  if (!METHOD.test(text) || FORBIDDEN.has(upper)) {
    throw new TypeError(`'${text}' is not a valid HTTP method.`);
  }
  return NORMALIZED.has(upper) ? upper : text;
}

function parseUrl(input: unknown): string {
  const text = String(input);
  const parsed = host.urlParse(text, undefined)?.split("\0");
  if (parsed === undefined) {
    throw new TypeError(`Failed to parse URL from ${text}`);
  }
  if (parsed[2] !== "" || parsed[3] !== "") {
    throw new TypeError(`Request cannot be constructed from a URL that includes credentials: ${text}`);
  }
  return parsed[0]!;
}

function assemble(input: unknown, init: RequestInit): Parts {
  const from = input instanceof Request ? partsOf(input) : undefined;
  const method = init.method === undefined ? (from?.method ?? "GET") : normalizeMethod(init.method);
  const headers = new Headers(init.headers === undefined ? from?.headers : init.headers);
  const redirect = init.redirect === undefined ? (from?.redirect ?? "follow") : String(init.redirect);
  if (!REDIRECTS.has(redirect)) {
    throw new TypeError(`'${redirect}' is not a valid redirect mode`);
  }
  const signal = init.signal === undefined ? from?.signal : (init.signal ?? undefined);
  if (signal !== undefined && typeof signal.aborted !== "boolean") {
    throw new TypeError("The signal of a request must be an AbortSignal");
  }
  const url = from?.url ?? parseUrl(input);
  const hasBody = init.body !== undefined && init.body !== null;
  if ((hasBody || (from !== undefined && from.content !== null && init.body === undefined)) && (method === "GET" || method === "HEAD")) {
    throw new TypeError("Failed to construct 'Request': Request with GET/HEAD method cannot have body.");
  }
  let content: Content | null = null;
  if (hasBody) {
    const extracted = extract(init.body);
    content = extracted.content;
    if (extracted.type !== null && !headers.has("content-type")) {
      headers.append("content-type", extracted.type);
    }
  } else if (from?.content && init.body === undefined) {
    if (from.content.unusable) {
      throw new TypeError("Cannot construct a Request with a Request object that has already been used.");
    }
    content = from.content.move();
  }
  return { method, url, headers, redirect: redirect as Redirect, signal, content };
}

/** The `Request` of the Fetch standard. */
export class Request extends Body {
  readonly #parts: Parts;
  #signal: AbortSignal | undefined;

  static {
    partsOf = (request) => request.#parts;
  }

  constructor(input: unknown, init: RequestInit | null = {}, mark?: symbol) {
    if (arguments.length === 0) {
      throw new TypeError("Failed to construct 'Request': 1 argument required, but only 0 present.");
    }
    const parts = mark === PARTS ? (input as Parts) : assemble(input, init ?? {});
    super(parts.content);
    this.#parts = parts;
  }

  get method(): string {
    return this.#parts.method;
  }

  get url(): string {
    return this.#parts.url;
  }

  override get headers(): Headers {
    return this.#parts.headers;
  }

  get redirect(): Redirect {
    return this.#parts.redirect;
  }

  get signal(): AbortSignal {
    const given = this.#parts.signal;
    return (this.#signal ??= given === undefined ? newAbortController().signal : realm.events().AbortSignal.any([given]));
  }

  get cache(): string {
    return "default";
  }

  get credentials(): string {
    return "same-origin";
  }

  get destination(): string {
    return "";
  }

  get duplex(): string {
    return "half";
  }

  get integrity(): string {
    return "";
  }

  get isHistoryNavigation(): boolean {
    return false;
  }

  get isReloadNavigation(): boolean {
    return false;
  }

  get keepalive(): boolean {
    return false;
  }

  get mode(): string {
    return "cors";
  }

  get referrer(): string {
    return "about:client";
  }

  get referrerPolicy(): string {
    return "";
  }

  clone(): Request {
    const { content } = this.#parts;
    if (content?.unusable) {
      throw new TypeError("Failed to execute 'clone' on 'Request': body is already used");
    }
    return requestOf({
      ...this.#parts,
      headers: new Headers(this.#parts.headers),
      content: content === null ? null : content.clone(),
    });
  }

  inspect(): string {
    return `Request { method: '${this.method}', url: '${this.url}' }`;
  }

  override get [Symbol.toStringTag](): string {
    return "Request";
  }
}

function requestOf(parts: Parts): Request {
  return new Request(parts, {}, PARTS);
}

/** The request to an HTTP action. */
export function incomingRequest(
  method: string,
  url: string,
  headers: Array<[string, string]>,
  content: Content | null,
  signal: AbortSignal,
): Request {
  const normalized = host.urlParse(url, undefined)?.split("\0")[0] ?? url;
  return requestOf({ method, url: normalized, headers: headersFrom(headers), redirect: "follow", signal, content });
}

export function requestParts(request: Request): Parts {
  return partsOf(request);
}

