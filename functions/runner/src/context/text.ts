import type { DOMExceptionClass } from "./domexception.js";
import type { Host } from "./host.js";
import { byteRange, defineProperty } from "./primordials.js";

const READ_UNIT = 2 ** 32;

/** `TextEncoder` and `TextDecoder` (spec 30 §8.4). */
export function createTextClasses(host: Host) {
  class TextEncoder {
    get encoding(): string {
      return "utf-8";
    }

    encode(input: unknown = ""): Uint8Array {
      const text = String(input);
      const bytes = new Uint8Array(host.utf8Length(text));
      host.utf8Write(text, bytes.buffer, 0, bytes.length);
      return bytes;
    }

    encodeInto(input: unknown, target: Uint8Array): { read: number; written: number } {
      const range = byteRange(target);
      if (range === undefined || !(target instanceof Uint8Array)) {
        throw new TypeError("TextEncoder.encodeInto writes into a Uint8Array");
      }
      const result = host.utf8Write(String(input), range.buffer, range.offset, range.length);
      return { read: Math.floor(result / READ_UNIT), written: result % READ_UNIT };
    }

    get [Symbol.toStringTag](): string {
      return "TextEncoder";
    }
  }

  class TextDecoder {
    readonly #decoder: number;
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;

    constructor(label: unknown = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
      this.fatal = Boolean(options.fatal);
      this.ignoreBOM = Boolean(options.ignoreBOM);
      this.#decoder = host.decoderNew(String(label), this.fatal, this.ignoreBOM);
      if (this.#decoder < 0) {
        throw new RangeError(`The encoding label provided ('${String(label)}') is invalid.`);
      }
      this.encoding = host.decoderLabel(this.#decoder);
    }

    decode(input?: unknown, options: { stream?: boolean } = {}): string {
      const range = input === undefined ? { buffer: new ArrayBuffer(0), offset: 0, length: 0 } : byteRange(input);
      if (range === undefined) {
        throw new TypeError("TextDecoder.decode takes an ArrayBuffer or a view of one");
      }
      const text = host.decoderRun(this.#decoder, range.buffer, range.offset, range.length, Boolean(options.stream));
      if (text === undefined) {
        throw new TypeError(`The encoded data was not valid for encoding ${this.encoding}`);
      }
      return text;
    }

    get [Symbol.toStringTag](): string {
      return "TextDecoder";
    }
  }
  return { TextEncoder, TextDecoder };
}

export type TextClasses = ReturnType<typeof createTextClasses>;

export function createBase64(host: Host, exception: () => DOMExceptionClass) {
  function atob(input: unknown): string {
    const decoded = host.atob(String(input));
    if (decoded === undefined) {
      throw new (exception())("Failed to execute 'atob': the string is not correctly encoded.", "InvalidCharacterError");
    }
    return decoded;
  }

  function btoa(input: unknown): string {
    const encoded = host.btoa(String(input));
    if (encoded === undefined) {
      throw new (exception())(
        "Failed to execute 'btoa': The string to be encoded contains characters outside of the Latin1 range.",
        "InvalidCharacterError",
      );
    }
    return encoded;
  }
  defineProperty(atob, "length", { value: 1 });
  return { atob, btoa };
}
