import type { Host } from "./host.js";
import { defineProperty } from "./primordials.js";

type Pair = [string, string];

let decodeBytes: (bytes: Uint8Array) => string;

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  return spaced.includes("%") ? decodePercent(spaced) : spaced;
}

/** Percent-decoding as URLs have it: what is no escape stays, what is no UTF-8 becomes U+FFFD. */
function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      const bytes = new Uint8Array(escapes.length / 3);
      for (let i = 0; i < bytes.length; i++) {
        bytes[i] = parseInt(escapes.slice(i * 3 + 1, i * 3 + 3), 16);
      }
      return decodeBytes(bytes);
    }
  });
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

function parsePairs(text: string): Pair[] {
  const pairs: Pair[] = [];
  for (const part of text.split("&")) {
    if (part !== "") {
      const split = part.indexOf("=");
      pairs.push(split < 0 ? [decode(part), ""] : [decode(part.slice(0, split)), decode(part.slice(split + 1))]);
    }
  }
  return pairs;
}

declare global {
  interface String {
    toWellFormed(): string;
  }
}

/** `URL` and `URLSearchParams`: classes of this context over the host's parser (spec 30 §8.2). */
export function createUrlClasses(host: Host) {
  const utf8 = host.decoderNew("utf-8", false, true);
  decodeBytes = (bytes) => host.decoderRun(utf8, bytes.buffer, 0, bytes.length, false)!;
  let attach: (params: URLSearchParams, pairs: Pair[], onChange: () => void) => void;
  let replace: (params: URLSearchParams, search: string) => void;

  class URLSearchParams {
    #pairs: Pair[] = [];
    #onChange: (() => void) | undefined;

    static {
      attach = (params, pairs, onChange) => {
        params.#pairs = pairs;
        params.#onChange = onChange;
      };
      replace = (params, search) => {
        params.#pairs = parsePairs(search);
      };
    }

    constructor(init: unknown = "") {
      if (typeof init === "object" && init !== null) {
        const iterate = (init as Partial<Iterable<unknown>>)[Symbol.iterator];
        if (iterate !== undefined) {
          for (const entry of init as Iterable<Iterable<unknown>>) {
            const pair = Array.from(entry);
            if (pair.length !== 2) {
              throw new TypeError("Each pair of URLSearchParams must have a name and a value");
            }
            this.#pairs.push([String(pair[0]), String(pair[1])]);
          }
        } else {
          for (const key of Object.keys(init)) {
            this.#pairs.push([key, String((init as Record<string, unknown>)[key])]);
          }
        }
      } else {
        const text = String(init);
        this.#pairs = parsePairs(text.startsWith("?") ? text.slice(1) : text);
      }
    }

    get size(): number {
      return this.#pairs.length;
    }

    append(name: string, value: string): void {
      this.#pairs.push([String(name), String(value)]);
      this.#onChange?.();
    }

    delete(name: string, value?: string): void {
      const wanted = String(name);
      this.#pairs = this.#pairs.filter((pair) => pair[0] !== wanted || (value !== undefined && pair[1] !== String(value)));
      this.#onChange?.();
    }

    get(name: string): string | null {
      const wanted = String(name);
      return this.#pairs.find((pair) => pair[0] === wanted)?.[1] ?? null;
    }

    getAll(name: string): string[] {
      const wanted = String(name);
      return this.#pairs.filter((pair) => pair[0] === wanted).map((pair) => pair[1]);
    }

    has(name: string, value?: string): boolean {
      const wanted = String(name);
      return this.#pairs.some((pair) => pair[0] === wanted && (value === undefined || pair[1] === String(value)));
    }

    set(name: string, value: string): void {
      const wanted = String(name);
      const first = this.#pairs.find((pair) => pair[0] === wanted);
      if (first === undefined) {
        this.#pairs.push([wanted, String(value)]);
      } else {
        first[1] = String(value);
        this.#pairs = this.#pairs.filter((pair) => pair === first || pair[0] !== wanted);
      }
      this.#onChange?.();
    }

    sort(): void {
      this.#pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
      this.#onChange?.();
    }

    forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArg?: unknown): void {
      for (const [name, value] of this.#pairs) {
        callback.call(thisArg, value, name, this);
      }
    }

    *entries(): IterableIterator<Pair> {
      for (let i = 0; i < this.#pairs.length; i++) {
        yield [this.#pairs[i]![0], this.#pairs[i]![1]];
      }
    }

    *keys(): IterableIterator<string> {
      for (const [name] of this.entries()) {
        yield name;
      }
    }

    *values(): IterableIterator<string> {
      for (const [, value] of this.entries()) {
        yield value;
      }
    }

    [Symbol.iterator](): IterableIterator<Pair> {
      return this.entries();
    }

    toString(): string {
      return this.#pairs.map((pair) => `${encode(pair[0])}=${encode(pair[1])}`).join("&");
    }

    inspect(): string {
      return `URLSearchParams { ${this.#pairs.map((pair) => `'${pair[0]}' => '${pair[1]}'`).join(", ")} }`;
    }

    get [Symbol.toStringTag](): string {
      return "URLSearchParams";
    }
  }

  const COMPONENTS = ["href", "protocol", "username", "password", "hostname", "port", "pathname", "search", "hash", "origin"];

  class URL {
    #parts: string[];
    #searchParams: URLSearchParams | undefined;

    static {
      COMPONENTS.forEach((component, index) => {
        const accessor: PropertyDescriptor & ThisType<URL> = {
          get() {
            return this.#parts[index];
          },
          enumerable: true,
          configurable: true,
        };
        if (component !== "origin") {
          accessor.set = function (this: URL, value: unknown) {
            this.#set(component, String(value));
          };
        }
        defineProperty(URL.prototype, component, accessor);
      });
    }

    constructor(url: unknown, base?: unknown) {
      const input = String(url);
      const context = base === undefined ? undefined : String(base);
      const parsed = host.urlParse(input, context);
      if (parsed === undefined) {
        const bad = context !== undefined && host.urlParse(context, undefined) === undefined ? context : input;
        throw new TypeError(`Invalid URL: '${bad}'`);
      }
      this.#parts = parsed.split("\0");
    }

    static canParse(url: unknown, base?: unknown): boolean {
      return host.urlParse(String(url), base === undefined ? undefined : String(base)) !== undefined;
    }

    static parse(url: unknown, base?: unknown): URL | null {
      return URL.canParse(url, base) ? new URL(url, base) : null;
    }

    #set(component: string, value: string): void {
      const changed = host.urlSet(this.#parts[0]!, component, value);
      if (changed === undefined) {
        throw new TypeError(`Invalid URL: '${value}'`);
      }
      this.#parts = changed.split("\0");
      if (this.#searchParams !== undefined && (component === "href" || component === "search")) {
        replace(this.#searchParams, this.#parts[7]!.slice(1));
      }
    }

    get host(): string {
      return this.#parts[5] === "" ? this.#parts[4]! : `${this.#parts[4]}:${this.#parts[5]}`;
    }

    set host(value: string) {
      this.#set("host", String(value));
    }

    get searchParams(): URLSearchParams {
      if (this.#searchParams === undefined) {
        const params = new URLSearchParams();
        attach(params, parsePairs(this.#parts[7]!.slice(1)), () => {
          this.#parts = host.urlSet(this.#parts[0]!, "search", params.toString())!.split("\0");
        });
        this.#searchParams = params;
      }
      return this.#searchParams;
    }

    toString(): string {
      return this.#parts[0]!;
    }

    toJSON(): string {
      return this.#parts[0]!;
    }

    inspect(): string {
      return this.#parts[0]!;
    }

    get [Symbol.toStringTag](): string {
      return "URL";
    }
  }

  return { URL, URLSearchParams };
}

export type UrlClasses = ReturnType<typeof createUrlClasses>;
