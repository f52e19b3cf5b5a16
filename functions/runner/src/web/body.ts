import { ReadableStream } from "web-streams-polyfill";
import { byteRange } from "../context/primordials.js";
import { Blob, blobOfBytes, blobParts, blobSource } from "./blob.js";
import { FormData, decodeForm, encodeForm } from "./formdata.js";
import type { Headers } from "./headers.js";
import { concatenate, decodeUtf8, encodeUtf8, realm } from "./realm.js";
import { type ByteSource, partsSource, readAll, sourceOf, streamOf } from "./source.js";

/**
 * What a request or response carries. The stream is only made when somebody asks for it; most bodies are read at once, or sent as they
 * are.
 */
export class Content {
  #stream: ReadableStream<Uint8Array> | undefined;
  #used = false;

  private constructor(
    /** The whole content, if it is here; must not be changed. */
    private parts: Uint8Array[] | undefined,
    private source: ByteSource | undefined,
    /** Undefined if that isn't known. */
    readonly length: number | undefined,
  ) {}

  static ofBytes(bytes: Uint8Array): Content {
    return new Content([bytes], undefined, bytes.length);
  }

  static ofSource(source: ByteSource, length?: number): Content {
    return new Content(undefined, source, length);
  }

  static ofBlob(blob: Blob): Content {
    const parts = blobParts(blob);
    return new Content(parts, parts === undefined ? blobSource(blob) : undefined, blob.size);
  }

  static ofStream(stream: ReadableStream<Uint8Array>): Content {
    if (stream.locked || isDisturbed(stream)) {
      throw new TypeError("The stream of a body must be neither locked nor read from");
    }
    const content = new Content(undefined, undefined, undefined);
    content.#stream = stream;
    return content;
  }

  get used(): boolean {
    return this.#used || (this.#stream !== undefined && isDisturbed(this.#stream));
  }

  get unusable(): boolean {
    return this.used || this.#stream?.locked === true;
  }

  /** Whether all of it is in memory. */
  get isHere(): boolean {
    return this.parts !== undefined && this.#stream === undefined;
  }

  get stream(): ReadableStream<Uint8Array> {
    return (this.#stream ??= this.#used ? usedStream() : streamOf(this.parts === undefined ? this.source! : partsSource(this.parts)));
  }

  /** Takes the content; undefined if it isn't here as a whole. */
  takeBytes(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#stream !== undefined || this.parts === undefined) {
      return undefined;
    }
    this.#used = true;
    return concatenate(this.parts);
  }

  /** Takes the content, to be read in pieces. */
  take(): ByteSource {
    this.#used = true;
    if (this.#stream !== undefined) {
      return sourceOf(this.#stream);
    }
    return this.parts === undefined ? this.source! : partsSource(this.parts);
  }

  /** Takes the content for another owner. */
  move(): Content {
    if (this.#stream !== undefined) {
      // Its old owner keeps a stream that is locked.
      return Content.ofSource(this.take());
    }
    this.#used = true;
    return new Content(this.parts, this.source, this.length);
  }

  clone(): Content {
    if (this.#stream === undefined && this.parts !== undefined) {
      return new Content(this.parts, undefined, this.length);
    }
    const [mine, other] = this.stream.tee();
    this.#stream = mine;
    const copy = new Content(undefined, undefined, this.length);
    copy.#stream = other;
    return copy;
  }
}

function isDisturbed(stream: ReadableStream<unknown>): boolean {
  return (stream as unknown as { _disturbed: boolean })._disturbed;
}

/** What a body's `body` is when it was read without a stream. */
function usedStream(): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
  void stream.cancel();
  return stream;
}

/** The content that a value stands for, and its type if it implies one. */
export function extract(value: unknown): { content: Content; type: string | null } {
  if (typeof value === "object" && value !== null) {
    if (value instanceof ReadableStream) {
      return { content: Content.ofStream(value as ReadableStream<Uint8Array>), type: null };
    }
    if (value instanceof Blob) {
      return { content: Content.ofBlob(value), type: value.type === "" ? null : value.type };
    }
    if (value instanceof FormData) {
      const { blob, type } = encodeForm(value);
      return { content: Content.ofBlob(blob), type };
    }
    if (value instanceof realm.urls().URLSearchParams) {
      return { content: Content.ofBytes(encodeUtf8(value.toString())), type: "application/x-www-form-urlencoded;charset=UTF-8" };
    }
    const range = byteRange(value);
    if (range !== undefined) {
      return { content: Content.ofBytes(new Uint8Array(range.buffer, range.offset, range.length).slice()), type: null };
    }
    if (typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === "function") {
      return { content: Content.ofStream(ReadableStream.from(value as AsyncIterable<Uint8Array>)), type: null };
    }
  }
  return { content: Content.ofBytes(encodeUtf8(String(value))), type: "text/plain;charset=UTF-8" };
}

/** The type as blobs have it: without blanks between its parts. */
function mimeType(header: string): string {
  return header
    .split(";")
    .map((part) => part.trim())
    .join(";");
}

let contentOf: (body: Body) => Content | null;

/** What `Request` and `Response` have in common. */
export abstract class Body {
  readonly #content: Content | null;

  static {
    contentOf = (body) => body.#content;
  }

  protected constructor(content: Content | null) {
    this.#content = content;
  }

  abstract get headers(): Headers;

  get body(): ReadableStream<Uint8Array> | null {
    return this.#content?.stream ?? null;
  }

  get bodyUsed(): boolean {
    return this.#content?.used ?? false;
  }

  async #read(method: string): Promise<Uint8Array<ArrayBuffer>> {
    const content = this.#content;
    if (content === null) {
      return new Uint8Array(0);
    }
    if (content.unusable) {
      const what = this[Symbol.toStringTag];
      throw new TypeError(`Failed to execute '${method}' on '${what}': body stream already read`);
    }
    return content.takeBytes() ?? readAll(content.take());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.#read("arrayBuffer")).buffer;
  }

  async blob(): Promise<Blob> {
    return blobOfBytes(await this.#read("blob"), mimeType(this.headers.get("content-type") ?? ""));
  }

  async bytes(): Promise<Uint8Array> {
    return this.#read("bytes");
  }

  async formData(): Promise<FormData> {
    return decodeForm(await this.#read("formData"), this.headers.get("content-type"));
  }

  async json(): Promise<unknown> {
    return JSON.parse(decodeUtf8(await this.#read("json")));
  }

  async text(): Promise<string> {
    return decodeUtf8(await this.#read("text"));
  }

  abstract get [Symbol.toStringTag](): string;
}

export function bodyContent(body: Body): Content | null {
  return contentOf(body);
}
