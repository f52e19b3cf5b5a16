import { Blob, File } from "./blob.js";
import { decodeUtf8, encodeUtf8, host, realm } from "./realm.js";

export type FormValue = string | File;
type Entry = [string, FormValue];

let entriesOf: (form: FormData) => Entry[];

function entry(name: unknown, value: unknown, filename: unknown, named: boolean): Entry {
  const key = String(name).toWellFormed();
  if (!(value instanceof Blob)) {
    if (named) {
      throw new TypeError("FormData: only a Blob can have a file name");
    }
    return [key, String(value).toWellFormed()];
  }
  if (value instanceof File && !named) {
    return [key, value];
  }
  const options = { type: value.type, ...(value instanceof File && { lastModified: value.lastModified }) };
  return [key, new File([value], named ? filename : "blob", options)];
}

/** The `FormData` of the XMLHttpRequest standard, without forms. */
export class FormData {
  #entries: Entry[] = [];

  static {
    entriesOf = (form) => form.#entries;
  }

  constructor(form?: unknown) {
    if (form !== undefined) {
      throw new TypeError("FormData: there are no forms here to be constructed from");
    }
  }

  append(name: unknown, value: unknown, filename?: unknown): void {
    this.#entries.push(entry(name, value, filename, arguments.length > 2 && filename !== undefined));
  }

  delete(name: unknown): void {
    const wanted = String(name).toWellFormed();
    this.#entries = this.#entries.filter((pair) => pair[0] !== wanted);
  }

  get(name: unknown): FormValue | null {
    const wanted = String(name).toWellFormed();
    return this.#entries.find((pair) => pair[0] === wanted)?.[1] ?? null;
  }

  getAll(name: unknown): FormValue[] {
    const wanted = String(name).toWellFormed();
    return this.#entries.filter((pair) => pair[0] === wanted).map((pair) => pair[1]);
  }

  has(name: unknown): boolean {
    const wanted = String(name).toWellFormed();
    return this.#entries.some((pair) => pair[0] === wanted);
  }

  set(name: unknown, value: unknown, filename?: unknown): void {
    const added = entry(name, value, filename, arguments.length > 2 && filename !== undefined);
    const first = this.#entries.findIndex((pair) => pair[0] === added[0]);
    if (first < 0) {
      this.#entries.push(added);
    } else {
      this.#entries = this.#entries.filter((pair, index) => index <= first || pair[0] !== added[0]);
      this.#entries[first] = added;
    }
  }

  forEach(callback: (value: FormValue, name: string, form: FormData) => void, thisArg?: unknown): void {
    for (const [name, value] of this) {
      callback.call(thisArg, value, name, this);
    }
  }

  *entries(): IterableIterator<Entry> {
    for (let i = 0; i < this.#entries.length; i++) {
      yield [...this.#entries[i]!];
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) {
      yield name;
    }
  }

  *values(): IterableIterator<FormValue> {
    for (const [, value] of this.entries()) {
      yield value;
    }
  }

  [Symbol.iterator](): IterableIterator<Entry> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return "FormData";
  }
}

function escapeName(name: string): string {
  return name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
}

function wholeLines(text: string): string {
  return text.replace(/\r\n?|\n/g, "\r\n");
}

/** The body that a form is sent as, and its content type. */
export function encodeForm(form: FormData): { blob: Blob; type: string } {
  realm.state.observedRandom = true;
  const boundary = `----formdata-${host.randomUuid()}`;
  const parts: unknown[] = [];
  for (const [name, value] of entriesOf(form)) {
    const disposition = `--${boundary}\r\ncontent-disposition: form-data; name="${escapeName(wholeLines(name))}"`;
    if (typeof value === "string") {
      parts.push(`${disposition}\r\n\r\n${wholeLines(value)}\r\n`);
    } else {
      const type = value.type === "" ? "application/octet-stream" : value.type;
      parts.push(`${disposition}; filename="${escapeName(value.name)}"\r\ncontent-type: ${type}\r\n\r\n`, value, "\r\n");
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return { blob: new Blob(parts), type: `multipart/form-data; boundary=${boundary}` };
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0]!;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let i = 1;
    while (i < wanted.length && bytes[at + i] === wanted[i]) {
      i += 1;
    }
    if (i === wanted.length) {
      return at;
    }
  }
  return -1;
}

function malformed(): never {
  throw new TypeError("Body cannot be decoded as form data");
}

const PARAMETER = /;\s*([^=;\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g;

/** The parameters of a header such as `form-data; name="a"`, with names in lower case. */
function parameters(header: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, quoted, plain] of header.matchAll(PARAMETER)) {
    const key = name!.toLowerCase();
    if (!found.has(key)) {
      found.set(key, quoted ?? plain!.trim());
    }
  }
  return found;
}

function unescapeName(text: string): string {
  return text.replace(/%0A/gi, "\n").replace(/%0D/gi, "\r").replace(/%22/g, '"');
}

function readPart(form: FormData, bytes: Uint8Array, start: number, end: number): void {
  const headEnd = indexOf(bytes, encodeUtf8("\r\n\r\n"), start - 2);
  if (headEnd < 0 || headEnd > end) {
    return malformed();
  }
  let name: string | undefined;
  let filename: string | undefined;
  let type = "text/plain";
  for (const line of decodeUtf8(bytes.subarray(start, headEnd)).split("\r\n")) {
    const colon = line.indexOf(":");
    const key = line.slice(0, colon).trim().toLowerCase();
    if (key === "content-disposition") {
      const found = parameters(line.slice(colon + 1));
      name = found.get("name");
      filename = found.get("filename");
    } else if (key === "content-type") {
      type = line.slice(colon + 1).trim();
    }
  }
  if (name === undefined) {
    return malformed();
  }
  const content = bytes.subarray(headEnd + 4, end);
  if (filename === undefined) {
    form.append(unescapeName(name), decodeUtf8(content));
  } else {
    form.append(unescapeName(name), new File([content], unescapeName(filename), { type }));
  }
}

/** Decodes a body of type `multipart/form-data`. */
function decodeMultipart(bytes: Uint8Array, boundary: string): FormData {
  const form = new FormData();
  const delimiter = encodeUtf8(`--${boundary}`);
  const next = encodeUtf8(`\r\n--${boundary}`);
  let at = indexOf(bytes, delimiter, 0);
  if (at < 0) {
    return malformed();
  }
  at += delimiter.length;
  while (bytes[at] !== 0x2d || bytes[at + 1] !== 0x2d) {
    if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a) {
      return malformed();
    }
    const end = indexOf(bytes, next, at);
    if (end < 0) {
      return malformed();
    }
    readPart(form, bytes, at + 2, end);
    at = end + next.length;
  }
  return form;
}

export function decodeForm(bytes: Uint8Array, contentType: string | null): FormData {
  if (contentType === null || contentType === "") {
    throw new TypeError("Missing content type");
  }
  const semicolon = contentType.indexOf(";");
  const essence = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  if (essence === "multipart/form-data") {
    const boundary = parameters(contentType).get("boundary");
    if (boundary === undefined || boundary === "") {
      throw new TypeError("Missing boundary parameter in mime type of multipart formdata.");
    }
    return decodeMultipart(bytes, boundary);
  }
  if (essence === "application/x-www-form-urlencoded") {
    const form = new FormData();
    for (const [name, value] of new (realm.urls().URLSearchParams)(decodeUtf8(bytes))) {
      form.append(name, value);
    }
    return form;
  }
  throw new TypeError("Invalid content type");
}
