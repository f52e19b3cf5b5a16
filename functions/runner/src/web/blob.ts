import type { ReadableStream } from "web-streams-polyfill";
import { byteRange } from "../context/primordials.js";
import { concatenate, decodeUtf8, encodeUtf8 } from "./realm.js";
import { type ByteSource, partsSource, readAll, streamOf } from "./source.js";

const PRINTABLE = /^[\x20-\x7e]*$/;

/** What a blob consists of: bytes that nobody changes, or content of the outside that each reading opens again. */
type Content = Uint8Array[] | { open(): Promise<ByteSource> };

let contentOf: (blob: Blob) => Content;
let make: (content: Content, size: number, type: string) => Blob;

function normalizeType(type: unknown): string {
  const text = String(type);
  return PRINTABLE.test(text) ? text.toLowerCase() : "";
}

function nativeLines(text: string): string {
  return text.replace(/\r\n?|\n/g, "\n");
}

/** A position as `slice` takes it, counted from the end if negative. */
function position(value: unknown, size: number, otherwise: number): number {
  const at = value === undefined ? otherwise : Math.trunc(Number(value)) || 0;
  return at < 0 ? Math.max(size + at, 0) : Math.min(at, size);
}

function sliceParts(parts: Uint8Array[], start: number, end: number): Uint8Array[] {
  const sliced: Uint8Array[] = [];
  let at = 0;
  for (const part of parts) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, part.length);
    if (from < to) {
      sliced.push(part.subarray(from, to));
    }
    at += part.length;
  }
  return sliced;
}

function sliceSource(source: ByteSource, start: number, end: number): ByteSource {
  let at = 0;
  return {
    async read() {
      while (at < end) {
        const bytes = await source.read();
        if (bytes === undefined) {
          return undefined;
        }
        const wanted = bytes.subarray(Math.max(start - at, 0), Math.max(end - at, 0));
        at += bytes.length;
        if (wanted.length > 0) {
          return wanted;
        }
      }
      source.cancel(undefined);
      return undefined;
    },
    cancel: (reason) => source.cancel(reason),
  };
}

/** Copies what a blob is made of. */
function collect(parts: unknown, endings: unknown): Uint8Array[] {
  if (parts === undefined) {
    return [];
  }
  if (typeof parts !== "object" || parts === null || typeof (parts as Partial<Iterable<unknown>>)[Symbol.iterator] !== "function") {
    throw new TypeError("Blob: the parts must be a sequence");
  }
  const collected: Uint8Array[] = [];
  for (const part of parts as Iterable<unknown>) {
    if (part instanceof Blob) {
      const content = contentOf(part);
      if (!Array.isArray(content)) {
        throw new TypeError("Blob: a stored file can't be part of a blob; read it first");
      }
      collected.push(...content);
      continue;
    }
    const range = byteRange(part);
    if (range !== undefined) {
      collected.push(new Uint8Array(range.buffer, range.offset, range.length).slice());
    } else {
      const text = String(part);
      collected.push(encodeUtf8(endings === "native" ? nativeLines(text) : text));
    }
  }
  return collected;
}

/** The `Blob` of the File API standard. */
export class Blob {
  #content: Content;
  #size: number;
  #type: string;

  static {
    contentOf = (blob) => blob.#content;
    make = (content, size, type) => {
      const blob = new Blob();
      blob.#content = content;
      blob.#size = size;
      blob.#type = type;
      return blob;
    };
  }

  constructor(parts?: unknown, options: { type?: unknown; endings?: unknown } = {}) {
    const bytes = collect(parts, options?.endings);
    this.#content = bytes;
    this.#size = bytes.reduce((sum, part) => sum + part.length, 0);
    this.#type = options?.type === undefined ? "" : normalizeType(options.type);
  }

  get size(): number {
    return this.#size;
  }

  get type(): string {
    return this.#type;
  }

  slice(start?: number, end?: number, type: unknown = ""): Blob {
    const from = position(start, this.#size, 0);
    const to = Math.max(position(end, this.#size, this.#size), from);
    const content = this.#content;
    return make(
      Array.isArray(content)
        ? sliceParts(content, from, to)
        : { open: async () => sliceSource(await content.open(), from, to) },
      to - from,
      normalizeType(type),
    );
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer as ArrayBuffer;
  }

  async bytes(): Promise<Uint8Array> {
    return Array.isArray(this.#content) ? concatenate(this.#content) : readAll(await this.#content.open());
  }

  async text(): Promise<string> {
    return decodeUtf8(await this.bytes());
  }

  stream(): ReadableStream<Uint8Array> {
    return streamOf(blobSource(this));
  }

  inspect(): string {
    return `${this[Symbol.toStringTag]} { size: ${this.#size}, type: '${this.#type}' }`;
  }

  get [Symbol.toStringTag](): string {
    return "Blob";
  }
}

export class File extends Blob {
  readonly #name: string;
  readonly #lastModified: number;

  constructor(parts: unknown, name: unknown, options: { type?: unknown; endings?: unknown; lastModified?: unknown } = {}) {
    if (arguments.length < 2) {
      throw new TypeError("File takes its parts and its name");
    }
    super(parts, options);
    this.#name = String(name).toWellFormed();
    const modified = options?.lastModified;
    this.#lastModified = modified === undefined ? Date.now() : Math.trunc(Number(modified)) || 0;
  }

  get name(): string {
    return this.#name;
  }

  get lastModified(): number {
    return this.#lastModified;
  }

  get webkitRelativePath(): string {
    return "";
  }

  override get [Symbol.toStringTag](): string {
    return "File";
  }
}

/** A blob over content of the outside. */
export function blobFrom(open: () => Promise<ByteSource>, size: number, type: string): Blob {
  return make({ open }, size, normalizeType(type));
}

export function blobOfBytes(bytes: Uint8Array, type: string): Blob {
  return make([bytes], bytes.length, normalizeType(type));
}

/** The blob's bytes, which must not be changed; undefined if they have to be fetched first. */
export function blobParts(blob: Blob): Uint8Array[] | undefined {
  const content = contentOf(blob);
  return Array.isArray(content) ? content : undefined;
}

export function blobSource(blob: Blob): ByteSource {
  const content = contentOf(blob);
  if (Array.isArray(content)) {
    return partsSource(content);
  }
  let opened: Promise<ByteSource> | undefined;
  return {
    read: async () => (await (opened ??= content.open())).read(),
    cancel: (reason) => {
      void opened?.then((source) => source.cancel(reason)).catch(() => undefined);
    },
  };
}
