import { Body, type Content, bodyContent, extract } from "./body.js";
import { Headers, headersFrom } from "./headers.js";
import { host } from "./realm.js";

const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;
const WITHOUT_BODY = new Set([204, 205, 304]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

interface ResponseInit {
  status?: unknown;
  statusText?: unknown;
  headers?: unknown;
}

interface Parts {
  type: "default" | "basic" | "error";
  url: string;
  redirected: boolean;
  status: number;
  statusText: string;
  headers: Headers;
  content: Content | null;
}

/** Marks a construction from parts; user code can't get hold of it. */
const PARTS = Symbol("parts");

function assemble(body: unknown, init: ResponseInit): Parts {
  const status = init.status === undefined ? 200 : Number(init.status);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(
      `Failed to construct 'Response': The status provided (${String(init.status)}) is outside the range [200, 599].`,
    );
  }
  const statusText = init.statusText === undefined ? "" : String(init.statusText);
  if (!REASON.test(statusText)) {
    throw new TypeError("Failed to construct 'Response': Invalid statusText");
  }
  const headers = new Headers(init.headers);
  let content: Content | null = null;
  if (body !== undefined && body !== null) {
    const extracted = extract(body);
    content = extracted.content;
    if (WITHOUT_BODY.has(status)) {
      // An empty body is no body: so much is allowed here that the standard refuses.
      if (content.length !== 0) {
        throw new TypeError(`Failed to construct 'Response': A response with status ${status} cannot have a body.`);
      }
      content = null;
    } else if (extracted.type !== null && !headers.has("content-type")) {
      headers.append("content-type", extracted.type);
    }
  }
  return { type: "default", url: "", redirected: false, status, statusText, headers, content };
}

/** The `Response` of the Fetch standard. */
export class Response extends Body {
  readonly #parts: Parts;

  constructor(body?: unknown, init: ResponseInit | null = {}, mark?: symbol) {
    const parts = mark === PARTS ? (body as Parts) : assemble(body, init ?? {});
    super(parts.content);
    this.#parts = parts;
  }

  static error(): Response {
    return responseOf({
      type: "error",
      url: "",
      redirected: false,
      status: 0,
      statusText: "",
      headers: new Headers(),
      content: null,
    });
  }

  static json(data: unknown, init: ResponseInit | null = {}): Response {
    const text = JSON.stringify(data);
    if (text === undefined) {
      throw new TypeError("Failed to execute 'json' on 'Response': The data is not JSON serializable");
    }
    const headers = new Headers(init?.headers);
    if (!headers.has("content-type")) {
      headers.set("content-type", "application/json");
    }
    return new Response(text, { ...init, headers });
  }

  /** A relative URL is taken as it is: the client of an HTTP action knows what it is relative to. */
  static redirect(url: unknown, status: unknown = 302): Response {
    const number = Number(status);
    if (!REDIRECTS.has(number)) {
      throw new RangeError(`Failed to execute 'redirect' on 'Response': Invalid status code ${String(status)}`);
    }
    const text = String(url);
    const location = host.urlParse(text, undefined)?.split("\0")[0] ?? encodeURI(text.toWellFormed());
    return new Response(null, { status: number, headers: { location } });
  }

  get type(): string {
    return this.#parts.type;
  }

  get url(): string {
    return this.#parts.url;
  }

  get redirected(): boolean {
    return this.#parts.redirected;
  }

  get status(): number {
    return this.#parts.status;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get statusText(): string {
    return this.#parts.statusText;
  }

  override get headers(): Headers {
    return this.#parts.headers;
  }

  clone(): Response {
    const content = bodyContent(this);
    if (content?.unusable) {
      throw new TypeError("Failed to execute 'clone' on 'Response': body is already used");
    }
    return responseOf({
      ...this.#parts,
      headers: new Headers(this.#parts.headers),
      content: content === null ? null : content.clone(),
    });
  }

  inspect(): string {
    return `Response { status: ${this.status}, url: '${this.url}' }`;
  }

  override get [Symbol.toStringTag](): string {
    return "Response";
  }
}

function responseOf(parts: Parts): Response {
  return new Response(parts, {}, PARTS);
}

/** What a fetch has answered. */
export function fetchedResponse(
  head: { status: number; statusText: string; headers: Array<[string, string]>; url: string; redirected: boolean },
  content: Content | null,
): Response {
  return responseOf({
    type: "basic",
    url: head.url,
    redirected: head.redirected,
    status: head.status,
    statusText: head.statusText,
    headers: headersFrom(head.headers),
    content,
  });
}
