import {
  KeyObject,
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  pbkdf2Sync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";

/*
 * WebCrypto's operations, on keys that stay in this realm: user code names them by their number (web/subtle.ts checks what it may do
 * with which). They are carried out at once, as queries can't wait for anything but their host, and their time is the call's.
 *
 * Binary parameters are Latin-1 texts in the request; its main input is a range of a buffer. An answer is "=" and bytes as Latin-1,
 * JSON, or "!" and the name of a DOMException, a line feed and its message.
 */

type Jwk = Record<string, string>;

/** The parts that an operation needs are there: web/subtle.ts makes the requests. */
interface CryptoRequest {
  op: string;
  algorithm: string;
  key: number;
  peer: number;
  hash: string;
  format: string;
  curve: string;
  jwk: Jwk;
  bits: number;
  iv: string;
  extra: string;
  signature: string;
  exponent: number;
  iterations: number;
}

/** Not an Error: nothing that leads out of this realm may be thrown where user code could get at it. */
class Refusal {
  constructor(
    readonly name: string,
    readonly message: string,
  ) {}
}

const EC_NAMES: Record<string, string> = { "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1" };
const EC_BYTES: Record<string, number> = { "P-256": 32, "P-384": 48, "P-521": 66 };
const BLOCK = 16;

function nodeHash(name: string): string {
  return name.replace("-", "").toLowerCase();
}

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function bytes(data: Uint8Array): string {
  return `=${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1")}`;
}

function refuse(name: string, message: string): never {
  throw new Refusal(name, message);
}

function expectedType(algorithm: string): string {
  switch (algorithm) {
    case "Ed25519":
      return "ed25519";
    case "X25519":
      return "x25519";
    case "ECDSA":
    case "ECDH":
      return "ec";
    default:
      return "rsa";
  }
}

/** A public key of a curve from its point. */
function fromPoint(algorithm: string, curve: string, point: Uint8Array): KeyObject {
  const base64 = (part: Uint8Array) => Buffer.from(part).toString("base64url");
  if (expectedType(algorithm) !== "ec") {
    if (point.length !== 32) {
      refuse("DataError", "The key has not 32 bytes");
    }
    return createPublicKey({ key: { kty: "OKP", crv: algorithm, x: base64(point) }, format: "jwk" });
  }
  const size = EC_BYTES[curve]!;
  if (point.length !== 1 + 2 * size || point[0] !== 4) {
    refuse("DataError", "The key is no uncompressed point of its curve");
  }
  return createPublicKey({
    key: { kty: "EC", crv: curve, x: base64(point.subarray(1, 1 + size)), y: base64(point.subarray(1 + size)) },
    format: "jwk",
  });
}

function readKey(request: CryptoRequest, data: Uint8Array): KeyObject {
  const der = Buffer.from(data);
  switch (request.format) {
    case "spki":
      return createPublicKey({ key: der, format: "der", type: "spki" });
    case "pkcs8":
      return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    case "jwk":
      return request.jwk["d"] === undefined
        ? createPublicKey({ key: request.jwk, format: "jwk" })
        : createPrivateKey({ key: request.jwk, format: "jwk" });
    default:
      return fromPoint(request.algorithm, request.curve, data);
  }
}

function describe(key: KeyObject): { modulusLength?: number; publicExponent?: string } {
  const details = key.asymmetricKeyDetails;
  if (details?.modulusLength === undefined) {
    return {};
  }
  const hex = details.publicExponent!.toString(16);
  const exponent = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return { modulusLength: details.modulusLength, publicExponent: exponent.toString("latin1") };
}

function importKey(request: CryptoRequest, data: Uint8Array, keys: KeyObject[]): string {
  let key: KeyObject;
  try {
    key = readKey(request, data);
  } catch (error) {
    return error instanceof Refusal ? refuse(error.name, error.message) : refuse("DataError", "Invalid keyData");
  }
  const wanted = expectedType(request.algorithm);
  const curve = wanted === "ec" ? EC_NAMES[request.curve] : undefined;
  if (key.asymmetricKeyType !== wanted || (curve !== undefined && key.asymmetricKeyDetails?.namedCurve !== curve)) {
    refuse("DataError", "The key is of another type");
  }
  return JSON.stringify({ key: keys.push(key) - 1, type: key.type, ...describe(key) });
}

function exportKey(request: CryptoRequest, key: KeyObject): string {
  switch (request.format) {
    case "spki":
      return bytes(key.export({ format: "der", type: "spki" }));
    case "pkcs8":
      return bytes(key.export({ format: "der", type: "pkcs8" }));
    case "jwk":
      return JSON.stringify(key.export({ format: "jwk" }));
    default: {
      if (key.type === "secret") {
        return bytes(key.export());
      }
      const { x, y } = key.export({ format: "jwk" });
      const decoded = [x!, y].filter((part) => part !== undefined).map((part) => Buffer.from(part, "base64url"));
      return bytes(Buffer.concat(y === undefined ? decoded : [Buffer.of(4), ...decoded]));
    }
  }
}

function generate(request: CryptoRequest, keys: KeyObject[]): string {
  const pair = (() => {
    switch (expectedType(request.algorithm)) {
      case "ed25519":
        return generateKeyPairSync("ed25519");
      case "x25519":
        return generateKeyPairSync("x25519");
      case "ec":
        return generateKeyPairSync("ec", { namedCurve: EC_NAMES[request.curve]! });
      default:
        return generateKeyPairSync("rsa", { modulusLength: request.bits, publicExponent: request.exponent });
    }
  })();
  const privateKey = keys.push(pair.privateKey) - 1;
  const publicKey = keys.push(pair.publicKey) - 1;
  return JSON.stringify({ privateKey, publicKey, ...describe(pair.publicKey) });
}

/** Padding and the like of the algorithms that sign with key pairs. */
function signing(request: CryptoRequest, key: KeyObject) {
  switch (request.algorithm) {
    case "RSA-PSS":
      return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: request.bits };
    case "ECDSA":
      return { key, dsaEncoding: "ieee-p1363" as const };
    default:
      return key;
  }
}

function digestOf(request: CryptoRequest): string | null {
  return request.algorithm === "Ed25519" ? null : nodeHash(request.hash);
}

function verifies(request: CryptoRequest, key: KeyObject, data: Uint8Array): boolean {
  const signature = latin1(request.signature);
  if (request.algorithm === "HMAC") {
    const expected = createHmac(nodeHash(request.hash), key).update(data).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
  return verify(digestOf(request), data, signing(request, key), signature);
}

/** AES in counter mode, whose counter is the last `bits` bits of the block and wraps around in itself. */
function counterMode(request: CryptoRequest, key: KeyObject, data: Uint8Array): Buffer {
  const name = `aes-${key.symmetricKeySize! * 8}-ctr`;
  const start = latin1(request.iv);
  const mask = (1n << BigInt(request.bits)) - 1n;
  const whole = BigInt(`0x${start.toString("hex")}`);
  const untilWrap = mask + 1n - (whole & mask);
  const blocks = BigInt(Math.ceil(data.length / BLOCK));
  if (blocks > mask + 1n) {
    refuse("OperationError", "The counter is too short for so much data");
  }
  if (blocks <= untilWrap) {
    return createCipheriv(name, key, start).update(data);
  }
  const first = Number(untilWrap) * BLOCK;
  const wrapped = Buffer.from((whole & ~mask).toString(16).padStart(2 * BLOCK, "0"), "hex");
  return Buffer.concat([
    createCipheriv(name, key, start).update(data.subarray(0, first)),
    createCipheriv(name, key, wrapped).update(data.subarray(first)),
  ]);
}

function encrypt(request: CryptoRequest, key: KeyObject, data: Uint8Array): Buffer {
  const bits = (key.symmetricKeySize ?? 0) * 8;
  switch (request.algorithm) {
    case "AES-CTR":
      return counterMode(request, key, data);
    case "AES-CBC": {
      const cipher = createCipheriv(`aes-${bits}-cbc`, key, latin1(request.iv));
      return Buffer.concat([cipher.update(data), cipher.final()]);
    }
    case "AES-GCM": {
      const authTagLength = request.bits / 8;
      const cipher = createCipheriv(`aes-${bits}-gcm` as "aes-256-gcm", key, latin1(request.iv), { authTagLength });
      cipher.setAAD(latin1(request.extra));
      return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
    }
    default:
      return publicEncrypt(oaep(request, key), data);
  }
}

function decrypt(request: CryptoRequest, key: KeyObject, data: Uint8Array): Buffer {
  const bits = (key.symmetricKeySize ?? 0) * 8;
  switch (request.algorithm) {
    case "AES-CTR":
      return counterMode(request, key, data);
    case "AES-CBC": {
      const cipher = createDecipheriv(`aes-${bits}-cbc`, key, latin1(request.iv));
      return Buffer.concat([cipher.update(data), cipher.final()]);
    }
    case "AES-GCM": {
      const authTagLength = request.bits / 8;
      const end = data.length - authTagLength;
      if (end < 0) {
        refuse("OperationError", "The provided data is too small");
      }
      const cipher = createDecipheriv(`aes-${bits}-gcm` as "aes-256-gcm", key, latin1(request.iv), { authTagLength });
      cipher.setAAD(latin1(request.extra)).setAuthTag(data.subarray(end));
      return Buffer.concat([cipher.update(data.subarray(0, end)), cipher.final()]);
    }
    default:
      return privateDecrypt(oaep(request, key), data);
  }
}

function oaep(request: CryptoRequest, key: KeyObject) {
  return {
    key,
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: nodeHash(request.hash),
    oaepLabel: latin1(request.extra),
  };
}

function derive(request: CryptoRequest, key: KeyObject, keys: KeyObject[]): Uint8Array {
  const length = request.bits / 8;
  switch (request.algorithm) {
    case "HKDF":
      return new Uint8Array(hkdfSync(nodeHash(request.hash), key, latin1(request.iv), latin1(request.extra), length));
    case "PBKDF2":
      return pbkdf2Sync(key.export(), latin1(request.iv), request.iterations, length, nodeHash(request.hash));
    default:
      return diffieHellman({ privateKey: key, publicKey: keys[request.peer]! });
  }
}

function answer(request: CryptoRequest, data: Uint8Array, keys: KeyObject[]): string {
  const key = keys[request.key]!;
  switch (request.op) {
    case "digest":
      return bytes(createHash(nodeHash(request.hash)).update(data).digest());
    case "secret":
      return JSON.stringify({ key: keys.push(createSecretKey(data)) - 1 });
    case "random":
      return JSON.stringify({ key: keys.push(createSecretKey(randomBytes(request.bits / 8))) - 1 });
    case "import":
      return importKey(request, data, keys);
    case "export":
      return exportKey(request, key);
    case "generate":
      return generate(request, keys);
    case "sign":
      return bytes(
        request.algorithm === "HMAC"
          ? createHmac(nodeHash(request.hash), key).update(data).digest()
          : sign(digestOf(request), data, signing(request, key)),
      );
    case "verify":
      return String(verifies(request, key, data));
    case "encrypt":
      return bytes(encrypt(request, key, data));
    case "decrypt":
      return bytes(decrypt(request, key, data));
    default:
      return bytes(derive(request, key, keys));
  }
}

/** Carries one operation out; `keys` are those of the context. */
export function runCrypto(requestJson: string, data: Uint8Array, keys: KeyObject[]): string {
  try {
    return answer(JSON.parse(requestJson) as CryptoRequest, data, keys);
  } catch (error) {
    return error instanceof Refusal ? `!${error.name}\n${error.message}` : "!OperationError\nThe operation failed";
  }
}
