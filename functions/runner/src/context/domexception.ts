import { defineProperty } from "./primordials.js";

const CODES: Record<string, number> = {
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

export type DOMExceptionClass = new (message?: string, name?: string) => Error & { code: number };

export function createDOMException(): DOMExceptionClass {
  class DOMException extends Error {
    readonly #name: string;
    constructor(message = "", name = "Error") {
      super(message);
      this.#name = String(name);
    }
    override get name(): string {
      return this.#name;
    }
    get code(): number {
      return CODES[this.#name] ?? 0;
    }
    get [Symbol.toStringTag](): string {
      return "DOMException";
    }
  }
  for (const name of Object.keys(CODES)) {
    const constant = name
      .replace(/Error$/, "")
      .replace(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, "$1$3_$2$4")
      .toUpperCase();
    for (const target of [DOMException, DOMException.prototype]) {
      defineProperty(target, `${constant}_ERR`, { value: CODES[name], enumerable: true });
    }
  }
  return DOMException;
}
