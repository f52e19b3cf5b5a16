// The built-ins as they were before user code ran.
export const NativeDate = Date;
export const NativePromise = Promise;
export const NativeError = Error;
export const NativeString = String;
export const jsonParse = JSON.parse;
export const jsonStringify = JSON.stringify;
export const { apply, construct, ownKeys, defineProperty, getPrototypeOf, getOwnPropertyDescriptor, setPrototypeOf } = Reflect;
export const { create, freeze, keys } = Object;
export const functionToString = Function.prototype.toString;
export const objectToString = Object.prototype.toString;

const typedArray = getPrototypeOf(Uint8Array.prototype)!;
const bufferOf = getOwnPropertyDescriptor(typedArray, "buffer")!.get!;
const offsetOf = getOwnPropertyDescriptor(typedArray, "byteOffset")!.get!;
const lengthOf = getOwnPropertyDescriptor(typedArray, "byteLength")!.get!;
const viewBufferOf = getOwnPropertyDescriptor(DataView.prototype, "buffer")!.get!;
const viewOffsetOf = getOwnPropertyDescriptor(DataView.prototype, "byteOffset")!.get!;
const viewLengthOf = getOwnPropertyDescriptor(DataView.prototype, "byteLength")!.get!;
const arrayBufferLength = getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;
const sharedBufferLength = getOwnPropertyDescriptor(SharedArrayBuffer.prototype, "byteLength")!.get!;

export interface ByteRange {
  buffer: ArrayBufferLike;
  offset: number;
  length: number;
}

/** The bytes behind a buffer or view, read from internal slots, whatever properties user code has put on it. */
export function byteRange(value: unknown): ByteRange | undefined {
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  if (ArrayBuffer.isView(value)) {
    const view = !(value instanceof DataView);
    return {
      buffer: apply(view ? bufferOf : viewBufferOf, value, []) as ArrayBufferLike,
      offset: apply(view ? offsetOf : viewOffsetOf, value, []) as number,
      length: apply(view ? lengthOf : viewLengthOf, value, []) as number,
    };
  }
  try {
    return { buffer: value as ArrayBuffer, offset: 0, length: apply(arrayBufferLength, value, []) as number };
  } catch {
    // Not an ArrayBuffer.
  }
  try {
    return { buffer: value as SharedArrayBuffer, offset: 0, length: apply(sharedBufferLength, value, []) as number };
  } catch {
    return undefined;
  }
}

/** Defines a global the way built-ins are defined: writable, configurable, not enumerable. */
export function defineGlobal(name: string, value: unknown): void {
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Defines a global that is made when it is first used. */
export function defineLazyGlobal(name: string, make: () => unknown): void {
  defineProperty(globalThis, name, {
    get() {
      const value = make();
      defineGlobal(name, value);
      return value;
    },
    set(value: unknown) {
      defineGlobal(name, value);
    },
    configurable: true,
    enumerable: false,
  });
}
