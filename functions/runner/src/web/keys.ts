import { byteRange, type ByteRange } from "../context/primordials.js";
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
import { type Bytes, ask, rangeOf } from "./cryptohost.js";
import { type CryptoKey, type KeyAlgorithm, type KeyType, newKey, slots } from "./cryptokey.js";
import { host } from "./realm.js";

/* How keys come to be and leave: import, export and generation (spec 30 §8.3). */

export type Jwk = Record<string, unknown>;

const AES_LENGTHS = [128, 192, 256];

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
  const key = ask(request, format === "jwk" ? undefined : rangeOf(keyData)) as HostKey & { key: number; type: KeyType };
  const algorithm = pairAlgorithm(parameters, key);
  if (format === "jwk") {
    checkJwkAlgorithm(keyData as Jwk, algorithm);
  }
  checkUseful(key.type, usages);
  return newKey({ handle: key.key, type: key.type, extractable, algorithm, usages });
}

export function importAny(format: unknown, keyData: unknown, algorithm: unknown, extractable: unknown, keyUsages: unknown): CryptoKey {
  const parameters = normalize("import", algorithm);
  const usages = readUsages(keyUsages);
  const secret = ["aes", "hmac", "kdf"].includes(familyOf(parameters.name));
  if (format === "jwk" ? typeof keyData !== "object" || keyData === null : byteRange(keyData) === undefined) {
    throw new TypeError(format === "jwk" ? "Key data must be an object for JWK import" : "Key data must be an ArrayBuffer or a view of one");
  }
  return (secret ? importSecret : importPair)(String(format), keyData, parameters, Boolean(extractable), usages);
}

export function exportAny(format: unknown, key: unknown): Bytes | Jwk {
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

export function generateSecret(parameters: Parameters, extractable: boolean, usages: string[]): CryptoKey {
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

export function generatePair(parameters: Parameters, extractable: boolean, usages: string[]): { publicKey: CryptoKey; privateKey: CryptoKey } {
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

/** How many bits a derived key of that algorithm takes. */
export function keyLength(parameters: Parameters): number | null {
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
