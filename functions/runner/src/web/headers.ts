const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NOT_A_BYTE = /[^\0-\xff]/;
const FORBIDDEN = /[\0\r\n]/;
const SPACE_AROUND = /^[\t\n\r ]+|[\t\n\r ]+$/g;

export type Pair = [string, string];

export function normalizeName(name: unknown, what: string): string {
  const text = String(name);
  if (!NAME.test(text)) {
    throw new TypeError(`${what}: ${JSON.stringify(text)} is an invalid header name`);
  }
  return text.toLowerCase();
}

function normalizeValue(value: unknown, what: string): string {
  const text = String(value);
  const trimmed = text.replace(SPACE_AROUND, "");
  if (NOT_A_BYTE.test(text) || FORBIDDEN.test(trimmed)) {
    throw new TypeError(`${what}: ${JSON.stringify(text.slice(0, 200))} is an invalid header value`);
  }
  return trimmed;
}

let pairsOf: (headers: Headers) => Pair[];
let fromPairs: (pairs: Pair[]) => Headers;

/** The `Headers` of the Fetch standard, without guards: what a fetch has answered may be changed. */
export class Headers {
  #pairs: Pair[] = [];

  static {
    pairsOf = (headers) => headers.#pairs;
    fromPairs = (pairs) => {
      const headers = new Headers();
      headers.#pairs = pairs;
      return headers;
    };
  }

  constructor(init?: unknown) {
    if (init === undefined) {
      return;
    }
    if ((typeof init !== "object" && typeof init !== "function") || init === null) {
      throw new TypeError("Headers: the argument is neither a sequence of pairs nor a record");
    }
    if (typeof (init as Partial<Iterable<unknown>>)[Symbol.iterator] === "function") {
      for (const entry of init as Iterable<Iterable<unknown>>) {
        if (typeof entry !== "object" || entry === null) {
          throw new TypeError("Headers: a header must be a pair of name and value");
        }
        const pair = [...entry];
        if (pair.length !== 2) {
          throw new TypeError("Headers: a header must be a pair of name and value");
        }
        this.append(pair[0], pair[1]);
      }
      return;
    }
    for (const name of Reflect.ownKeys(init)) {
      if (Reflect.getOwnPropertyDescriptor(init, name)?.enumerable) {
        if (typeof name === "symbol") {
          throw new TypeError("Headers: a symbol is no header name");
        }
        this.append(name, (init as Record<string, unknown>)[name]);
      }
    }
  }

  append(name: unknown, value: unknown): void {
    this.#pairs.push([normalizeName(name, "Headers.append"), normalizeValue(value, "Headers.append")]);
  }

  delete(name: unknown): void {
    const wanted = normalizeName(name, "Headers.delete");
    this.#pairs = this.#pairs.filter((pair) => pair[0] !== wanted);
  }

  get(name: unknown): string | null {
    const wanted = normalizeName(name, "Headers.get");
    let value: string | null = null;
    for (const pair of this.#pairs) {
      if (pair[0] === wanted) {
        value = value === null ? pair[1] : `${value}, ${pair[1]}`;
      }
    }
    return value;
  }

  getSetCookie(): string[] {
    return this.#pairs.filter((pair) => pair[0] === "set-cookie").map((pair) => pair[1]);
  }

  has(name: unknown): boolean {
    const wanted = normalizeName(name, "Headers.has");
    return this.#pairs.some((pair) => pair[0] === wanted);
  }

  set(name: unknown, value: unknown): void {
    const wanted = normalizeName(name, "Headers.set");
    const normal = normalizeValue(value, "Headers.set");
    const first = this.#pairs.findIndex((pair) => pair[0] === wanted);
    if (first < 0) {
      this.#pairs.push([wanted, normal]);
    } else {
      this.#pairs = this.#pairs.filter((pair, index) => index <= first || pair[0] !== wanted);
      this.#pairs[first] = [wanted, normal];
    }
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArg?: unknown): void {
    if (typeof callback !== "function") {
      throw new TypeError("Headers.forEach takes a function");
    }
    for (const [name, value] of this) {
      callback.call(thisArg, value, name, this);
    }
  }

  /** Sorted by name, equal ones joined, save `set-cookie`. */
  #sorted(): Pair[] {
    const sorted: Pair[] = [];
    const names = [...new Set(this.#pairs.map((pair) => pair[0]))].sort();
    for (const name of names) {
      if (name === "set-cookie") {
        for (const value of this.getSetCookie()) {
          sorted.push([name, value]);
        }
      } else {
        sorted.push([name, this.get(name)!]);
      }
    }
    return sorted;
  }

  *entries(): IterableIterator<Pair> {
    for (let i = 0, sorted = this.#sorted(); i < sorted.length; i++, sorted = this.#sorted()) {
      yield sorted[i]!;
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

  inspect(): string {
    return `Headers { ${this.#sorted()
      .map(([name, value]) => `'${name}': '${value}'`)
      .join(", ")} }`;
  }

  get [Symbol.toStringTag](): string {
    return "Headers";
  }
}

/** The headers as they were set, in their order. */
export function headerPairs(headers: Headers): Pair[] {
  return pairsOf(headers);
}

/** For names in lower case and values that are known to be good. */
export function headersFrom(pairs: Pair[]): Headers {
  return fromPairs(pairs);
}
