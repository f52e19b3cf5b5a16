// The body of an async function: what WebCrypto refuses and with which error, the same in Node as in a context.
const { subtle } = crypto;
const outcomes = [];
async function attempt(what, work) {
  let outcome = "no error";
  try {
    await work();
  } catch (error) {
    outcome = error.name;
  }
  outcomes.push(`${what}: ${outcome}`);
}
const data = new Uint8Array(16);
const AES = { name: "AES-CBC" };
const HMAC = { name: "HMAC", hash: "SHA-256" };
const aes = await subtle.importKey("raw", data, AES, false, ["encrypt"]);
const hmac = await subtle.importKey("raw", data, HMAC, true, ["sign"]);
const iv = { name: "AES-CBC", iv: data };

await attempt("unknown digest", () => subtle.digest("MD5", data));
await attempt("digest of a text", () => subtle.digest("SHA-1", "text"));
await attempt("too few arguments", () => subtle.digest("SHA-1"));
await attempt("a made-up key", () => subtle.sign("HMAC", { type: "secret" }, data));
await attempt("a key of another algorithm", () => subtle.sign("HMAC", aes, data));
await attempt("a usage it has not", () => subtle.verify("HMAC", hmac, data, data));
await attempt("no wrapping", () => subtle.wrapKey("raw", hmac, aes, iv));
await attempt("no format", () => subtle.exportKey("pem", hmac));
await attempt("a short iv", () => subtle.encrypt({ ...iv, iv: data.subarray(1) }, aes, data));
await attempt("no iv", () => subtle.encrypt({ name: "AES-CBC" }, aes, data));
await attempt("a length that AES has not", () => subtle.importKey("raw", data.subarray(1), AES, false, ["encrypt"]));
await attempt("a usage that AES has not", () => subtle.importKey("raw", data, AES, false, ["sign"]));
await attempt("a usage that nothing has", () => subtle.importKey("raw", data, AES, false, ["read"]));
await attempt("no usage", () => subtle.importKey("raw", data, AES, false, []));
await attempt("no hash", () => subtle.importKey("raw", data, { name: "HMAC" }, false, ["sign"]));
await attempt("an empty key", () => subtle.importKey("raw", new Uint8Array(0), HMAC, false, ["sign"]));
await attempt("a JWK of another type", () => subtle.importKey("jwk", { kty: "EC" }, HMAC, false, ["sign"]));
await attempt("a JWK of another algorithm", () => subtle.importKey("jwk", { kty: "oct", k: "AAAA", alg: "HS512" }, HMAC, false, ["sign"]));
await attempt("a JWK that may not leave", () => subtle.importKey("jwk", { kty: "oct", k: "AAAA", ext: false }, HMAC, true, ["sign"]));
await attempt("a JWK for other uses", () => subtle.importKey("jwk", { kty: "oct", k: "AAAA", key_ops: ["verify"] }, HMAC, true, ["sign"]));
await attempt("bytes as JWK", () => subtle.importKey("jwk", data, HMAC, true, ["sign"]));
await attempt("rubbish as SPKI", () => subtle.importKey("spki", data, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]));
await attempt("an unknown curve", () => subtle.importKey("raw", data, { name: "ECDSA", namedCurve: "P-1" }, true, ["verify"]));
await attempt("no point", () => subtle.importKey("raw", data, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]));
await attempt("a password that leaves", () => subtle.importKey("raw", data, "PBKDF2", true, ["deriveBits"]));
const password = await subtle.importKey("raw", data, "PBKDF2", false, ["deriveBits"]);
const derivation = { name: "PBKDF2", hash: "SHA-1", salt: data, iterations: 1 };
await attempt("bits that are no bytes", () => subtle.deriveBits(derivation, password, 7));
await attempt("no iterations", () => subtle.deriveBits({ ...derivation, iterations: 0 }, password, 8));
await attempt("deriving a key without the usage", () => subtle.deriveKey(derivation, password, { name: "AES-CBC", length: 128 }, true, ["encrypt"]));
await attempt("a key of one's own making", () => new CryptoKey());
await attempt("a SubtleCrypto of one's own making", () => new SubtleCrypto());
return outcomes;
