import type { DOMExceptionClass } from "./domexception.js";
import type { Host } from "./host.js";
import { byteRange, defineProperty } from "./primordials.js";

const ERRORS = new Map(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type: ErrorConstructor) => [type.name, type]),
);
type ViewClass = new (buffer: ArrayBufferLike, offset?: number, length?: number) => object;

/** `structuredClone` for the types that the structured clone algorithm knows; only buffers can be transferred. */
export function createStructuredClone(host: Host, exception: () => DOMExceptionClass) {
  function refuse(value: unknown): never {
    const what = typeof value === "symbol" ? value.toString() : Object.prototype.toString.call(value);
    throw new (exception())(`${what} could not be cloned.`, "DataCloneError");
  }

  function cloneError(value: Error, seen: Map<object, unknown>): Error {
    const type = ERRORS.get(String(value.name)) ?? Error;
    const copy = new type(String(value.message));
    seen.set(value, copy);
    if (Object.hasOwn(value, "cause")) {
      Object.defineProperty(copy, "cause", { value: clone(value.cause, seen), writable: true, configurable: true });
    }
    return copy;
  }

  function cloneBuffer(value: ArrayBufferLike, seen: Map<object, unknown>): ArrayBufferLike {
    const known = seen.get(value) as ArrayBufferLike | undefined;
    if (known !== undefined) {
      return known;
    }
    const copy = ArrayBuffer.prototype.slice.call(value, 0);
    seen.set(value, copy);
    return copy;
  }

  function cloneSpecial(value: object, tag: string, seen: Map<object, unknown>): object | undefined {
    if (ArrayBuffer.isView(value)) {
      const range = byteRange(value)!;
      const length = value instanceof DataView ? range.length : (value as Uint8Array).length;
      const type = (globalThis as unknown as Record<string, ViewClass>)[tag]!;
      return new type(cloneBuffer(range.buffer, seen), range.offset, length);
    }
    switch (tag) {
      case "Date":
        return new Date(Date.prototype.getTime.call(value));
      case "RegExp":
        return new RegExp((value as RegExp).source, (value as RegExp).flags);
      case "ArrayBuffer":
        return cloneBuffer(value as ArrayBuffer, seen) as object;
      case "Boolean":
      case "Number":
      case "String":
      case "BigInt":
        return Object((value as { valueOf(): unknown }).valueOf()) as object;
      default:
        return undefined;
    }
  }

  function clone(value: unknown, seen: Map<object, unknown>): unknown {
    if (typeof value === "symbol" || typeof value === "function") {
      return refuse(value);
    }
    if (typeof value !== "object" || value === null) {
      return value;
    }
    const known = seen.get(value);
    if (known !== undefined) {
      return known;
    }
    if (value instanceof Error) {
      return cloneError(value, seen);
    }
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    const special = cloneSpecial(value, tag, seen);
    if (special !== undefined) {
      seen.set(value, special);
      return special;
    }
    if (value instanceof Map) {
      const copy = new Map();
      seen.set(value, copy);
      value.forEach((item, key) => copy.set(clone(key, seen), clone(item, seen)));
      return copy;
    }
    if (value instanceof Set) {
      const copy = new Set();
      seen.set(value, copy);
      value.forEach((item) => copy.add(clone(item, seen)));
      return copy;
    }
    if (value instanceof WeakMap || value instanceof WeakSet || value instanceof Promise || value instanceof SharedArrayBuffer) {
      return refuse(value);
    }
    const copy: Record<string, unknown> = Array.isArray(value)
      ? (new Array(value.length) as unknown as Record<string, unknown>)
      : {};
    seen.set(value, copy);
    for (const key of Object.keys(value)) {
      const item = clone((value as Record<string, unknown>)[key], seen);
      // Defined, as setting `__proto__` would do something else.
      defineProperty(copy, key, { value: item, writable: true, enumerable: true, configurable: true });
    }
    return copy;
  }

  return function structuredClone(value: unknown, options?: { transfer?: unknown[] }): unknown {
    const transfer = options?.transfer === undefined ? [] : [...options.transfer];
    if (transfer.some((item) => !(item instanceof ArrayBuffer))) {
      throw new (exception())("Only ArrayBuffers can be transferred.", "DataCloneError");
    }
    const copy = clone(value, new Map());
    for (const buffer of transfer) {
      host.detach(buffer as ArrayBuffer);
    }
    return copy;
  };
}
