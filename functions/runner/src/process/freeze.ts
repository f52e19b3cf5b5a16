/**
 * Lets `this.name = …` go on making a property of an error's own when the prototypes are frozen: Node's own errors and those of
 * packages do that, and assigning over a frozen inherited property throws.
 */
function shadowErrorProperties(): void {
  for (const { prototype } of [Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    for (const key of ["name", "message", "toString"]) {
      const property = Reflect.getOwnPropertyDescriptor(prototype, key);
      if (property !== undefined && "value" in property) {
        const { value } = property;
        Reflect.defineProperty(prototype, key, {
          get: () => value as unknown,
          set(this: object, own: unknown) {
            Reflect.defineProperty(this, key, { value: own, writable: true, configurable: true, enumerable: true });
          },
          enumerable: false,
          configurable: false,
        });
      }
    }
  }
}

/**
 * Makes the built-ins of the process's own realm unchangeable. No object of this realm is handed to user code; should one get out
 * all the same (an error of the engine at the end of the stack), then nothing that the runner relies on can be changed through it.
 */
export function freezeRealm(): void {
  shadowErrorProperties();
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) {
      return;
    }
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      const property = Reflect.getOwnPropertyDescriptor(value, key)!;
      visit(property.value);
      visit(property.get);
      visit(property.set);
    }
    visit(Reflect.getPrototypeOf(value));
    Object.freeze(value);
  };
  const names =
    "Object Function Array Number Boolean String Symbol BigInt Math JSON Reflect Proxy Promise RegExp Date Map Set WeakMap WeakSet WeakRef " +
    "Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError ArrayBuffer SharedArrayBuffer DataView Atomics " +
    "Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array BigInt64Array " +
    "BigUint64Array Iterator FinalizationRegistry Intl";
  for (const name of names.split(" ")) {
    visit((globalThis as Record<string, unknown>)[name]);
  }
  visit(Reflect.getPrototypeOf(async function () {}));
  visit(Reflect.getPrototypeOf(function* () {}));
  visit(Reflect.getPrototypeOf(async function* () {}));
  visit(Reflect.getPrototypeOf([][Symbol.iterator]()));
  visit(Reflect.getPrototypeOf(""[Symbol.iterator]()));
  visit(Reflect.getPrototypeOf(new Map()[Symbol.iterator]()));
  visit(Reflect.getPrototypeOf(new Set()[Symbol.iterator]()));
}
