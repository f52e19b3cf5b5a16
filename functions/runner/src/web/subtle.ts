import { type ByteRange, byteRange, jsonParse, jsonStringify } from "../context/primordials.js";
import { Phase } from "../context/phase.js";
import {
  type Parameters,
  bytesOf,
  checkUsages,
  curveOf,
  familyOf,
  hashOf,
  integer,
  latin1,
  normalize,
  possibleUsages,
  readUsages,
  refuse,
} from "./algorithms.js";
import { type CryptoKey, type KeyAlgorithm, type KeyType, newKey, slots } from "./cryptokey.js";
import { encodeUtf8, decodeUtf8, host, realm } from "./realm.js";

/*
 * `crypto.subtle` (spec 30 §8.3): checks what may be done with which key; the host does it (process/crypto.ts), at once. Whatever
 * needs randomness that can't be foreseen is for actions only.
 */

type Bytes = ArrayBuffer;
type Jwk = Record<string, unknown>;

const NOTHING: ByteRange = { buffer: new ArrayBuffer(0), offset: 0, length: 0 };
const AES_LENGTHS = [128, 192, 256];
const TAG_LENGTHS = [32, 64, 96, 104, 112, 120, 128];
const MAX_DERIVED_BITS = 524_288;
const COUNTER_BYTES = 16;

/** Asks the host; bytes, or the parsed JSON. */
function ask(request: Record<string, unknown>, data: ByteRange = NOTHING): unknown {
  const answer = host.crypto(jsonStringify(request), data.buffer, data.offset, data.length);
  if (answer[0] === "!") {
    const end = answer.indexOf("\n");
    return refuse(answer.slice(1, end), answer.slice(end + 1));
  }
  return answer[0] === "=" ? bytesOf(answer.slice(1)).buffer : jsonParse(answer);
}

function rangeOf(data: unknown): ByteRange {
  const range = byteRange(data);
  if (range === undefined) {
    throw new TypeError("The data must be an ArrayBuffer or a view of one");
  }
  return range;
}

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

// ---- Keys ----

function secretAlgorithm(parameters: Parameters, bits: number): KeyAlgorithm {
  switch (familyOf(parameters.name)) {
    case "hmac": {
      if (bits === 0) {
        refuse("DataError", "Zero-length key is not supported");
      }
      const { length } = parameters as { length?: unknown };
      if (length !== undefined && Number(length) !== bits) {
        refuse("DataError", "Invalid key length");
      }
      return { name: "HMAC", length: bits, hash: { name: hashOf(parameters) } };
    }
    case "aes":
      if (!AES_LENGTHS.includes(bits)) {
        refuse("DataError", "Invalid key length");
      }
      return { name: parameters.name, length: bits };
    default:
      return { name: parameters.name };
  }
}

function secretKey(parameters: Parameters, data: ByteRange, extractable: boolean, usages: string[]): CryptoKey {
  const kdf = familyOf(parameters.name) === "kdf";
  if (kdf && extractable) {
    refuse("SyntaxError", `${parameters.name} keys are not extractable`);
  }
  checkUsages(usages, possibleUsages(parameters.name, "secret"));
  const algorithm = secretAlgorithm(parameters, data.length * 8);
  checkUseful("secret", usages);
  const { key } = ask({ op: "secret" }, data) as { key: number };
  return newKey({ handle: key, type: "secret", extractable, algorithm, usages });
}

function checkUseful(type: KeyType, usages: string[]): void {
  if (type !== "public" && usages.length === 0) {
    refuse("SyntaxError", "Usages cannot be empty when importing a private or secret key");
  }
}

/** What JWKs say of their algorithm, where they do. */
function jwkAlgorithm({ name, hash, length }: KeyAlgorithm): string | undefined {
  const digest = hash?.name.slice(4);
  switch (name) {
    case "HMAC":
      return `HS${digest}`;
    case "RSASSA-PKCS1-v1_5":
      return `RS${digest}`;
    case "RSA-PSS":
      return `PS${digest}`;
    case "RSA-OAEP":
      return digest === "1" ? "RSA-OAEP" : `RSA-OAEP-${digest}`;
    case "AES-CTR":
    case "AES-CBC":
    case "AES-GCM":
      return `A${length}${name.slice(4)}`;
    case "Ed25519":
      return name;
    default:
      return undefined;
  }
}

function checkJwk(jwk: Jwk, kty: string, extractable: boolean, usages: string[]): void {
  const use = usages.some((usage) => usage === "sign" || usage === "verify") ? "sig" : "enc";
  const operations = jwk["key_ops"];
  if (
    jwk["kty"] !== kty ||
    (usages.length > 0 && jwk["use"] !== undefined && jwk["use"] !== use) ||
    (operations !== undefined && !(Array.isArray(operations) && usages.every((usage) => operations.includes(usage)))) ||
    (jwk["ext"] === false && extractable)
  ) {
    refuse("DataError", "The JWK does not fit the key that is wanted");
  }
}

function base64urlDecode(text: unknown): Uint8Array<ArrayBuffer> {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text)) {
    refuse("DataError", "The JWK holds no valid base64url");
  }
  const binary = host.atob((text as string).replaceAll("-", "+").replaceAll("_", "/"));
  return binary === undefined ? refuse("DataError", "The JWK holds no valid base64url") : bytesOf(binary);
}

function importSecret(format: string, keyData: unknown, parameters: Parameters, extractable: boolean, usages: string[]): CryptoKey {
  if (format === "raw") {
    return secretKey(parameters, rangeOf(keyData), extractable, usages);
  }
  if (format !== "jwk" || familyOf(parameters.name) === "kdf") {
    return refuse("NotSupportedError", `${parameters.name} keys have no format ${format}`);
  }
  const jwk = keyData as Jwk;
  checkJwk(jwk, "oct", extractable, usages);
  const bytes = base64urlDecode(jwk["k"]);
  const key = secretKey(parameters, rangeOf(bytes), extractable, usages);
  checkJwkAlgorithm(jwk, key.algorithm);
  return key;
}

function checkJwkAlgorithm(jwk: Jwk, algorithm: KeyAlgorithm): void {
  const expected = jwkAlgorithm(algorithm);
  const given = jwk["alg"] === "EdDSA" ? "Ed25519" : jwk["alg"];
  if (expected !== undefined && given !== undefined && given !== expected) {
    refuse("DataError", "The JWK is for another algorithm");
  }
}

const JWK_TYPES = { rsa: "RSA", ec: "EC", okp: "OKP" } as const;
const JWK_MEMBERS = ["kty", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi"];

interface HostKey {
  modulusLength?: number;
  publicExponent?: string;
}

/** The algorithm of a key of a pair. */
function pairAlgorithm(parameters: Parameters, key: HostKey): KeyAlgorithm {
  switch (familyOf(parameters.name)) {
    case "rsa":
      return {
        name: parameters.name,
        modulusLength: key.modulusLength!,
        publicExponent: bytesOf(key.publicExponent!),
        hash: { name: hashOf(parameters) },
      };
    case "ec":
      return { name: parameters.name, namedCurve: curveOf(parameters) };
    default:
      return { name: parameters.name };
  }
}

function importPair(format: string, keyData: unknown, parameters: Parameters, extractable: boolean, usages: string[]): CryptoKey {
  const family = familyOf(parameters.name) as "rsa" | "ec" | "okp";
  const request: Record<string, unknown> = { op: "import", format, algorithm: parameters.name };
  if (family === "ec") {
    request["curve"] = curveOf(parameters);
  } else if (family === "rsa") {
    hashOf(parameters);
  }
  if (!["spki", "pkcs8", "jwk"].includes(format) && (format !== "raw" || family === "rsa")) {
    refuse("NotSupportedError", `${parameters.name} keys have no format ${format}`);
  }
  if (format === "jwk") {
    const jwk = keyData as Jwk;
    checkUsages(usages, possibleUsages(parameters.name, jwk["d"] === undefined ? "public" : "private"));
    checkJwk(jwk, JWK_TYPES[family], extractable, usages);
    const members: Jwk = {};
    for (const member of JWK_MEMBERS) {
      members[member] = jwk[member];
    }
    request["jwk"] = members;
  } else {
    checkUsages(usages, possibleUsages(parameters.name, format === "pkcs8" ? "private" : "public"));
  }
  const key = ask(request, format === "jwk" ? NOTHING : rangeOf(keyData)) as HostKey & { key: number; type: KeyType };
  const algorithm = pairAlgorithm(parameters, key);
  if (format === "jwk") {
    checkJwkAlgorithm(keyData as Jwk, algorithm);
  }
  checkUseful(key.type, usages);
  return newKey({ handle: key.key, type: key.type, extractable, algorithm, usages });
}

function importAny(format: unknown, keyData: unknown, algorithm: unknown, extractable: unknown, keyUsages: unknown): CryptoKey {
  const parameters = normalize("import", algorithm);
  const usages = readUsages(keyUsages);
  const secret = ["aes", "hmac", "kdf"].includes(familyOf(parameters.name));
  if (format === "jwk" ? typeof keyData !== "object" || keyData === null : byteRange(keyData) === undefined) {
    throw new TypeError(format === "jwk" ? "Key data must be an object for JWK import" : "Key data must be an ArrayBuffer or a view of one");
  }
  return (secret ? importSecret : importPair)(String(format), keyData, parameters, Boolean(extractable), usages);
}

function exportAny(format: unknown, key: unknown): Bytes | Jwk {
  const { handle, type, extractable, algorithm, usages } = slots(key);
  if (!extractable) {
    refuse("InvalidAccessError", "key is not extractable");
  }
  const family = familyOf(algorithm.name);
  const possible =
    type === "secret" ? ["raw", "jwk"] : type === "private" ? ["pkcs8", "jwk"] : family === "rsa" ? ["spki", "jwk"] : ["raw", "spki", "jwk"];
  if (!["raw", "jwk", "pkcs8", "spki"].includes(String(format))) {
    throw new TypeError(`${String(format)} is no format of keys`);
  }
  if (!possible.includes(String(format))) {
    refuse(
      family === "aes" || family === "hmac" || (family === "rsa" && format === "raw") ? "NotSupportedError" : "InvalidAccessError",
      `A ${type} key of ${algorithm.name} has no format ${String(format)}`,
    );
  }
  const exported = ask({ op: "export", format, key: handle });
  if (format !== "jwk") {
    return exported as Bytes;
  }
  const jwk: Jwk = { key_ops: [...usages], ext: true, ...(exported as Jwk) };
  const alg = jwkAlgorithm(algorithm);
  if (alg !== undefined) {
    jwk["alg"] = alg;
  }
  return jwk;
}

function hmacLength(parameters: Parameters): number {
  const usual = ["SHA-1", "SHA-256"].includes(hashOf(parameters)) ? 512 : 1024;
  return parameters["length"] === undefined ? usual : integer(parameters["length"], 8, 1 << 20, "OperationError", "length");
}

function generateSecret(parameters: Parameters, extractable: boolean, usages: string[]): CryptoKey {
  const hmac = parameters.name === "HMAC";
  const bits = hmac ? hmacLength(parameters) : Number(parameters["length"]);
  if (!hmac && !AES_LENGTHS.includes(bits)) {
    refuse("OperationError", "Invalid key length");
  }
  checkUsages(usages, possibleUsages(parameters.name, "secret"));
  checkUseful("secret", usages);
  const algorithm = secretAlgorithm({ ...parameters, length: bits }, bits);
  const { key } = ask({ op: "random", bits }) as { key: number };
  return newKey({ handle: key, type: "secret", extractable, algorithm, usages });
}

function exponentOf(parameters: Parameters): number {
  const exponent = [...latin1(parameters["publicExponent"])].reduce((sum, byte) => sum * 256 + byte.charCodeAt(0), 0);
  if (exponent < 3 || exponent % 2 === 0 || exponent >= 2 ** 32) {
    refuse("OperationError", "Invalid publicExponent");
  }
  return exponent;
}

function generatePair(parameters: Parameters, extractable: boolean, usages: string[]): { publicKey: CryptoKey; privateKey: CryptoKey } {
  const request: Record<string, unknown> = { op: "generate", algorithm: parameters.name };
  const family = familyOf(parameters.name);
  if (family === "rsa") {
    hashOf(parameters);
    request["bits"] = integer(parameters["modulusLength"], 512, 8192, "OperationError", "modulusLength");
    request["exponent"] = exponentOf(parameters);
  } else if (family === "ec") {
    request["curve"] = curveOf(parameters);
  }
  const possible = { public: possibleUsages(parameters.name, "public"), private: possibleUsages(parameters.name, "private") };
  checkUsages(usages, [...possible.public, ...possible.private]);
  const privateUsages = usages.filter((usage) => possible.private.includes(usage));
  checkUseful("private", privateUsages);
  const made = ask(request) as HostKey & { privateKey: number; publicKey: number };
  const algorithm = pairAlgorithm(parameters, made);
  const publicUsages = usages.filter((usage) => possible.public.includes(usage));
  return {
    publicKey: newKey({ handle: made.publicKey, type: "public", extractable: true, algorithm, usages: publicUsages }),
    privateKey: newKey({ handle: made.privateKey, type: "private", extractable, algorithm, usages: privateUsages }),
  };
}

// ---- Derivation ----

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

/** How many bits a derived key of that algorithm takes. */
function keyLength(parameters: Parameters): number | null {
  switch (familyOf(parameters.name)) {
    case "aes": {
      const bits = Number(parameters["length"]);
      return AES_LENGTHS.includes(bits) ? bits : refuse("OperationError", "Invalid key length");
    }
    case "hmac":
      return hmacLength(parameters);
    case "kdf":
      return null;
    default:
      return refuse("NotSupportedError", `Keys of ${parameters.name} can't be derived`);
  }
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
