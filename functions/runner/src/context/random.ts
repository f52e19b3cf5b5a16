import type { Host } from "./host.js";
import { checkDeterministic, type State } from "./phase.js";
import { byteRange, defineLazyGlobal, defineProperty } from "./primordials.js";
import type { DOMExceptionClass } from "./domexception.js";

const MAX_RANDOM_BYTES = 65536;

/** Seeded randomness (spec 30 §6.1): Math.random and the parts of `crypto` that draw from it. */
export function defineRandom(host: Host, state: State, exception: () => DOMExceptionClass, subtle: () => unknown): void {
  function draw(): void {
    checkDeterministic(state, "Math.random()");
    state.observedRandom = true;
  }

  defineProperty(Math, "random", {
    value: function random() {
      draw();
      return host.random();
    },
    writable: true,
    configurable: true,
  });

  defineLazyGlobal("crypto", () => {
    const crypto = {
      getRandomValues<T>(array: T): T {
        const range = byteRange(array);
        if (range === undefined || !ArrayBuffer.isView(array)) {
          throw new TypeError("crypto.getRandomValues takes a typed array of integers");
        }
        const kind = Object.prototype.toString.call(array);
        if (kind === "[object Float32Array]" || kind === "[object Float64Array]" || kind === "[object DataView]") {
          throw new (exception())("The array has no integer type", "TypeMismatchError");
        }
        if (range.length > MAX_RANDOM_BYTES) {
          throw new TypeError(
            `Byte length (${range.length}) exceeds the number of bytes of entropy available via this API (${MAX_RANDOM_BYTES})`,
          );
        }
        draw();
        const bytes = host.randomBytes(range.length);
        const view = new Uint8Array(range.buffer, range.offset, range.length);
        for (let i = 0; i < range.length; i++) {
          view[i] = bytes.charCodeAt(i);
        }
        return array;
      },
      randomUUID(): string {
        draw();
        return host.randomUuid();
      },
      get subtle(): unknown {
        return subtle();
      },
    };
    defineProperty(crypto, Symbol.toStringTag, { value: "Crypto", configurable: true });
    return crypto;
  });
}
