import { TransformStream } from "web-streams-polyfill";
import { encodeUtf8, realm } from "./realm.js";

/** A high surrogate at the end of a chunk waits for its other half. */
const HIGH_AT_END = /[\ud800-\udbff]$/;

export class TextEncoderStream {
  readonly #transform: TransformStream<unknown, Uint8Array>;

  constructor() {
    let kept = "";
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        const text = kept + String(chunk);
        kept = HIGH_AT_END.test(text) ? text.slice(-1) : "";
        const whole = kept === "" ? text : text.slice(0, -1);
        if (whole !== "") {
          controller.enqueue(encodeUtf8(whole));
        }
      },
      flush(controller) {
        if (kept !== "") {
          controller.enqueue(encodeUtf8(kept));
        }
      },
    });
  }

  get encoding(): string {
    return "utf-8";
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  get [Symbol.toStringTag](): string {
    return "TextEncoderStream";
  }
}

export class TextDecoderStream {
  readonly #decoder: InstanceType<ReturnType<typeof realm.texts>["TextDecoder"]>;
  readonly #transform: TransformStream<unknown, string>;

  constructor(label?: unknown, options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const decoder = new (realm.texts().TextDecoder)(label, options);
    this.#decoder = decoder;
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true });
        if (text !== "") {
          controller.enqueue(text);
        }
      },
      flush(controller) {
        const text = decoder.decode();
        if (text !== "") {
          controller.enqueue(text);
        }
      },
    });
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  get [Symbol.toStringTag](): string {
    return "TextDecoderStream";
  }
}
