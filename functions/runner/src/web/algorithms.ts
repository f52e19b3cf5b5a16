import { byteRange } from "../context/primordials.js";
import { realm } from "./realm.js";

const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const RSA = ["RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP"];
const EC = ["ECDSA", "ECDH"];
const CURVE25519 = ["Ed25519", "X25519"];
const AES = ["AES-CTR", "AES-CBC", "AES-GCM"];
const KDF = ["HKDF", "PBKDF2"];

/** Algorithms by operation, with their usual spelling. */
const SUPPORTED: Record<string, string[]> = {
  digest: HASHES,
  sign: ["RSASSA-PKCS1-v1_5", "RSA-PSS", "ECDSA", "HMAC", "Ed25519"],
  encrypt: ["RSA-OAEP", ...AES],
  derive: [...KDF, "ECDH", "X25519"],
  import: [...RSA, ...EC, ...CURVE25519, ...AES, "HMAC", ...KDF],
  generate: [...RSA, ...EC, ...CURVE25519, ...AES, "HMAC"],
};

export type Family = "rsa" | "ec" | "okp" | "aes" | "hmac" | "kdf";

/** An algorithm as user code gave it, its name in the usual spelling. */
export type Parameters = { name: string } & Record<string, unknown>;

export function refuse(name: string, message: string): never {
  throw new (realm.exception())(message, name);
}

export function familyOf(algorithm: string): Family {
  if (RSA.includes(algorithm)) {
    return "rsa";
  }
  if (EC.includes(algorithm)) {
    return "ec";
  }
  if (CURVE25519.includes(algorithm)) {
    return "okp";
  }
  if (AES.includes(algorithm)) {
    return "aes";
  }
  return algorithm === "HMAC" ? "hmac" : "kdf";
}

export function normalize(operation: string, algorithm: unknown): Parameters {
  const given = typeof algorithm === "object" && algorithm !== null ? (algorithm as Record<string, unknown>) : { name: algorithm };
  if (given["name"] === undefined) {
    throw new TypeError("The algorithm has no name");
  }
  const wanted = String(given["name"]);
  const name = SUPPORTED[operation]!.find((known) => known.toLowerCase() === wanted.toLowerCase());
  if (name === undefined) {
    refuse("NotSupportedError", `Unrecognized or invalid algorithm ${wanted}`);
  }
  return { ...given, name };
}

export function hashOf(parameters: Parameters): string {
  if (parameters["hash"] === undefined) {
    throw new TypeError(`${parameters.name} needs a hash`);
  }
  return normalize("digest", parameters["hash"]).name;
}

export function curveOf(parameters: Parameters): string {
  const curve = String(parameters["namedCurve"]);
  if (!["P-256", "P-384", "P-521"].includes(curve)) {
    refuse("NotSupportedError", `Unrecognized namedCurve ${curve}`);
  }
  return curve;
}

/** Bytes as they cross to the host. */
export function latin1(source: unknown): string {
  const range = byteRange(source);
  if (range === undefined) {
    throw new TypeError("An ArrayBuffer or a view of one is needed");
  }
  const bytes = new Uint8Array(range.buffer, range.offset, range.length);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    bytes[i] = text.charCodeAt(i);
  }
  return bytes;
}

/** A whole number in a range, or the named error. */
export function integer(value: unknown, least: number, most: number, error: string, what: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < least || number > most) {
    refuse(error, `${what} must be a whole number from ${least} to ${most}`);
  }
  return number;
}

const USAGES: Record<string, { public: string[]; private: string[]; secret: string[] }> = {
  sign: { public: ["verify"], private: ["sign"], secret: ["sign", "verify"] },
  encrypt: {
    public: ["encrypt", "wrapKey"],
    private: ["decrypt", "unwrapKey"],
    secret: ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
  },
  derive: { public: [], private: ["deriveKey", "deriveBits"], secret: ["deriveKey", "deriveBits"] },
};
const ALL_USAGES = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];

/** What keys of an algorithm and type can be used for. */
export function possibleUsages(algorithm: string, type: "public" | "private" | "secret"): string[] {
  const operation = ["sign", "encrypt", "derive"].find((name) => SUPPORTED[name]!.includes(algorithm))!;
  return USAGES[operation]![type];
}

/** The asked usages in their usual order, each once. */
export function readUsages(given: unknown): string[] {
  const asked = [...(given as Iterable<unknown>)].map(String);
  const unknown = asked.find((usage) => !ALL_USAGES.includes(usage));
  if (unknown !== undefined) {
    throw new TypeError(`${unknown} is no usage of a key`);
  }
  return ALL_USAGES.filter((usage) => asked.includes(usage));
}

export function checkUsages(usages: string[], possible: string[]): void {
  if (usages.some((usage) => !possible.includes(usage))) {
    refuse("SyntaxError", "Unsupported key usage for this algorithm");
  }
}
