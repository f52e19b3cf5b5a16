/** Stands in for packages that only exist in Node, while a "use node" module is analyzed: whatever is done with it, nothing happens. */
export function inertImport(): object {
  const inert: object = new Proxy(function () {}, {
    get(_target, name) {
      if (name === Symbol.toPrimitive) {
        return () => "";
      }
      if (name === Symbol.iterator) {
        return function* () {};
      }
      return name === "then" ? undefined : inert;
    },
    apply: () => inert,
    construct: () => inert,
    set: () => true,
    has: () => true,
  });
  return inert;
}
