/** What a key is for, by its algorithm (spec 30 §8.3). */
export interface KeyAlgorithm {
  name: string;
  hash?: { name: string };
  length?: number;
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: Uint8Array;
}

export type KeyType = "public" | "private" | "secret";

/** What the host calls the key, and what may be done with it. */
interface Slots {
  handle: number;
  type: KeyType;
  extractable: boolean;
  algorithm: KeyAlgorithm;
  usages: string[];
}

let construction = false;
let slotsOf: (key: unknown) => Slots | undefined;

/** A key that stays with the host: here are its number, which nobody sees, and what it may be used for. */
export class CryptoKey {
  readonly #slots: Slots;
  readonly #algorithm: KeyAlgorithm;
  readonly #usages: string[];

  static {
    slotsOf = (key) => (typeof key === "object" && key !== null && #slots in key ? key.#slots : undefined);
  }

  constructor(slots: Slots) {
    if (!construction) {
      throw new TypeError("Illegal constructor");
    }
    this.#slots = slots;
    this.#algorithm = { ...slots.algorithm };
    this.#usages = [...slots.usages];
  }

  get type(): KeyType {
    return this.#slots.type;
  }

  get extractable(): boolean {
    return this.#slots.extractable;
  }

  get algorithm(): KeyAlgorithm {
    return this.#algorithm;
  }

  get usages(): string[] {
    return this.#usages;
  }

  get [Symbol.toStringTag](): string {
    return "CryptoKey";
  }
}

export function newKey(slots: Slots): CryptoKey {
  construction = true;
  try {
    return new CryptoKey(slots);
  } finally {
    construction = false;
  }
}

/** What user code can't have changed. */
export function slots(key: unknown): Slots {
  const found = slotsOf(key);
  if (found === undefined) {
    throw new TypeError("The key is not of type CryptoKey");
  }
  return found;
}
