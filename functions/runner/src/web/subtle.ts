import { jsonParse, jsonStringify } from "../context/primordials.js";
import { Phase } from "../context/phase.js";
import { type Parameters, familyOf, hashOf, integer, latin1, normalize, readUsages, refuse } from "./algorithms.js";
import { type Bytes, ask, rangeOf } from "./cryptohost.js";
import { type CryptoKey, type KeyAlgorithm, slots } from "./cryptokey.js";
import { type Jwk, exportAny, generatePair, generateSecret, importAny, keyLength } from "./keys.js";
import { encodeUtf8, decodeUtf8, realm } from "./realm.js";

/*
 * `crypto.subtle` (spec 30 §8.3): checks what may be done with which key; the host does it (process/crypto.ts), at once. Whatever
 * needs randomness that can't be foreseen is for actions only.
 */

const TAG_LENGTHS = [32, 64, 96, 104, 112, 120, 128];
const MAX_DERIVED_BITS = 524_288;
const COUNTER_BYTES = 16;

/** Refuses what draws randomness that nobody may foresee. */
function checkEntropy(): void {
  const { phase } = realm.state;
  if (phase === Phase.Action) {
    return;
  }
  throw new Error(
    phase === Phase.Query || phase === Phase.Mutation
      ? "Can't use cryptographic randomness in queries and mutations. Please consider using an action."
      : "Can't use cryptographic randomness at import time",
  );
}

/** The number of a key that may be used so. */
function usable(key: unknown, algorithm: string, usage: string): { handle: number; algorithm: KeyAlgorithm } {
  const { handle, algorithm: own, usages } = slots(key);
  if (own.name !== algorithm) {
    refuse("InvalidAccessError", "invalid algorithm for key");
  }
  if (!usages.includes(usage)) {
    refuse("InvalidAccessError", `CryptoKey does not have "${usage}" usage`);
  }
  return { handle, algorithm: own };
}

/** What a signature needs to know besides the key. */
function signing(parameters: Parameters, key: KeyAlgorithm): Record<string, unknown> {
  switch (parameters.name) {
    case "ECDSA":
      return { hash: hashOf(parameters) };
    case "RSA-PSS":
      return { hash: key.hash!.name, bits: integer(parameters["saltLength"], 0, 1024, "OperationError", "saltLength") };
    default:
      return { hash: key.hash?.name };
  }
}

function ciphering(parameters: Parameters, key: KeyAlgorithm): Record<string, unknown> {
  switch (parameters.name) {
    case "RSA-OAEP":
      return { hash: key.hash!.name, extra: parameters["label"] === undefined ? "" : latin1(parameters["label"]) };
    case "AES-CTR": {
      const iv = latin1(parameters["counter"]);
      if (iv.length !== COUNTER_BYTES) {
        refuse("OperationError", "The counter must have 16 bytes");
      }
      return { iv, bits: integer(parameters["length"], 1, 128, "OperationError", "length") };
    }
    case "AES-CBC": {
      const iv = latin1(parameters["iv"]);
      if (iv.length !== COUNTER_BYTES) {
        refuse("OperationError", "The iv must have 16 bytes");
      }
      return { iv };
    }
    default: {
      const bits = parameters["tagLength"] === undefined ? 128 : Number(parameters["tagLength"]);
      if (!TAG_LENGTHS.includes(bits)) {
        refuse("OperationError", `${bits} is no valid tagLength of AES-GCM`);
      }
      const extra = parameters["additionalData"] === undefined ? "" : latin1(parameters["additionalData"]);
      return { iv: latin1(parameters["iv"]), bits, extra };
    }
  }
}

function cipher(op: "encrypt" | "decrypt", usage: string, algorithm: unknown, key: unknown, data: unknown): Bytes {
  const parameters = normalize("encrypt", algorithm);
  const { handle, algorithm: own } = usable(key, parameters.name, usage);
  if (op === "encrypt" && parameters.name === "RSA-OAEP") {
    checkEntropy();
  }
  return ask({ op, algorithm: parameters.name, key: handle, ...ciphering(parameters, own) }, rangeOf(data)) as Bytes;
}

function derive(parameters: Parameters, key: unknown, usage: string, length: number | null): Bytes {
  const { handle, algorithm } = usable(key, parameters.name, usage);
  const request: Record<string, unknown> = { op: "derive", algorithm: parameters.name, key: handle };
  if (familyOf(parameters.name) === "kdf") {
    if (length === null || length % 8 !== 0 || length > MAX_DERIVED_BITS) {
      refuse("OperationError", `The length must be a multiple of 8, at most ${MAX_DERIVED_BITS}`);
    }
    request["hash"] = hashOf(parameters);
    request["iv"] = latin1(parameters["salt"]);
    request["bits"] = length;
    if (parameters.name === "HKDF") {
      request["extra"] = latin1(parameters["info"]);
    } else {
      request["iterations"] = integer(parameters["iterations"], 1, 2 ** 31 - 1, "OperationError", "iterations");
    }
    return length === 0 ? new ArrayBuffer(0) : (ask(request) as Bytes);
  }
  const peer = slots(parameters["public"]);
  if (peer.type !== "public" || peer.algorithm.name !== parameters.name || peer.algorithm.namedCurve !== algorithm.namedCurve) {
    refuse("InvalidAccessError", "The public key is of another kind");
  }
  request["peer"] = peer.handle;
  const shared = ask(request) as Bytes;
  if (length === null) {
    return shared;
  }
  if (length > shared.byteLength * 8) {
    refuse("OperationError", "The derived bits are too few");
  }
  const bits = new Uint8Array(shared.slice(0, Math.ceil(length / 8)));
  if (length % 8 !== 0) {
    bits[bits.length - 1]! &= 0xff << (8 - (length % 8));
  }
  return bits.buffer;
}

function needs(args: unknown[], count: number, method: string): void {
  if (args.length < count) {
    throw new TypeError(
      `Failed to execute '${method}' on 'SubtleCrypto': ${count} arguments required, but only ${args.length} present.`,
    );
  }
}

export class SubtleCrypto {
  constructor(token?: symbol) {
    if (token !== CONSTRUCT) {
      throw new TypeError("Illegal constructor");
    }
  }

  async digest(...args: unknown[]): Promise<Bytes> {
    needs(args, 2, "digest");
    const [algorithm, data] = args;
    return ask({ op: "digest", hash: normalize("digest", algorithm).name }, rangeOf(data)) as Bytes;
  }

  async sign(...args: unknown[]): Promise<Bytes> {
    needs(args, 3, "sign");
    const [algorithm, key, data] = args;
    const parameters = normalize("sign", algorithm);
    const { handle, algorithm: own } = usable(key, parameters.name, "sign");
    if (parameters.name === "RSA-PSS" || parameters.name === "ECDSA") {
      checkEntropy();
    }
    return ask({ op: "sign", algorithm: parameters.name, key: handle, ...signing(parameters, own) }, rangeOf(data)) as Bytes;
  }

  async verify(...args: unknown[]): Promise<boolean> {
    needs(args, 4, "verify");
    const [algorithm, key, signature, data] = args;
    const parameters = normalize("sign", algorithm);
    const { handle, algorithm: own } = usable(key, parameters.name, "verify");
    const request = { op: "verify", algorithm: parameters.name, key: handle, signature: latin1(signature), ...signing(parameters, own) };
    return ask(request, rangeOf(data)) as boolean;
  }

  async encrypt(...args: unknown[]): Promise<Bytes> {
    needs(args, 3, "encrypt");
    return cipher("encrypt", "encrypt", args[0], args[1], args[2]);
  }

  async decrypt(...args: unknown[]): Promise<Bytes> {
    needs(args, 3, "decrypt");
    return cipher("decrypt", "decrypt", args[0], args[1], args[2]);
  }

  async generateKey(...args: unknown[]): Promise<unknown> {
    needs(args, 3, "generateKey");
    const parameters = normalize("generate", args[0]);
    const usages = readUsages(args[2]);
    checkEntropy();
    const secret = ["aes", "hmac"].includes(familyOf(parameters.name));
    return (secret ? generateSecret : generatePair)(parameters, Boolean(args[1]), usages);
  }

  async importKey(...args: unknown[]): Promise<CryptoKey> {
    needs(args, 5, "importKey");
    return importAny(args[0], args[1], args[2], args[3], args[4]);
  }

  async exportKey(...args: unknown[]): Promise<Bytes | Jwk> {
    needs(args, 2, "exportKey");
    return exportAny(args[0], args[1]);
  }

  async deriveBits(...args: unknown[]): Promise<Bytes> {
    needs(args, 2, "deriveBits");
    const length = args[2] === undefined || args[2] === null ? null : integer(args[2], 0, 2 ** 31 - 1, "OperationError", "length");
    return derive(normalize("derive", args[0]), args[1], "deriveBits", length);
  }

  async deriveKey(...args: unknown[]): Promise<CryptoKey> {
    needs(args, 5, "deriveKey");
    const [algorithm, base, derived, extractable, usages] = args;
    const bits = derive(normalize("derive", algorithm), base, "deriveKey", keyLength(normalize("import", derived)));
    return importAny("raw", bits, derived, extractable, usages);
  }

  async wrapKey(...args: unknown[]): Promise<Bytes> {
    needs(args, 4, "wrapKey");
    const [format, key, wrapping, algorithm] = args;
    const exported = exportAny(format, key);
    const data = format === "jwk" ? encodeUtf8(jsonStringify(exported)) : exported;
    return cipher("encrypt", "wrapKey", algorithm, wrapping, data);
  }

  async unwrapKey(...args: unknown[]): Promise<CryptoKey> {
    needs(args, 7, "unwrapKey");
    const [format, wrapped, unwrapping, algorithm, keyAlgorithm, extractable, usages] = args;
    const data = cipher("decrypt", "unwrapKey", algorithm, unwrapping, wrapped);
    return importAny(format, format === "jwk" ? readJwk(data) : data, keyAlgorithm, extractable, usages);
  }

  get [Symbol.toStringTag](): string {
    return "SubtleCrypto";
  }
}

function readJwk(data: Bytes): unknown {
  try {
    return jsonParse(decodeUtf8(new Uint8Array(data)));
  } catch {
    return refuse("DataError", "The wrapped key is no JSON");
  }
}

const CONSTRUCT = Symbol("construct");

export function createSubtle(): SubtleCrypto {
  return new SubtleCrypto(CONSTRUCT);
}
