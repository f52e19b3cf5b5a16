// Makes keys and what comes of using them, with Node's own WebCrypto, and prints them as JSON.
const { subtle } = crypto;
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const random = (length) => crypto.getRandomValues(new Uint8Array(length));
const PAIRS = [
  [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, ["sign", "verify"]],
  [{ name: "RSA-PSS", hash: "SHA-384" }, ["sign", "verify"], { saltLength: 32 }],
  [{ name: "RSA-OAEP", hash: "SHA-1" }, ["encrypt", "decrypt"]],
  [{ name: "ECDSA", namedCurve: "P-256" }, ["sign", "verify"], { hash: "SHA-256" }],
  [{ name: "ECDSA", namedCurve: "P-521" }, ["sign", "verify"], { hash: "SHA-512" }],
  [{ name: "ECDH", namedCurve: "P-384" }, ["deriveBits"]],
  [{ name: "Ed25519" }, ["sign", "verify"]],
  [{ name: "X25519" }, ["deriveBits"]],
];
const SECRETS = [
  [{ name: "HMAC", hash: "SHA-1" }, 33],
  [{ name: "HMAC", hash: "SHA-512" }, 128],
  [{ name: "AES-CBC" }, 16, { iv: random(16) }],
  [{ name: "AES-CTR" }, 24, { counter: new Uint8Array(16).fill(255), length: 5 }],
  [{ name: "AES-CTR" }, 32, { counter: random(16), length: 128 }],
  [{ name: "AES-GCM" }, 32, { iv: random(12), additionalData: random(20) }],
  [{ name: "AES-GCM" }, 16, { iv: random(16), tagLength: 96 }],
];
const DERIVED = [
  [{ name: "HKDF", hash: "SHA-256", salt: random(16), info: random(9) }, 256],
  [{ name: "HKDF", hash: "SHA-1", salt: random(0), info: random(0) }, 8],
  [{ name: "PBKDF2", hash: "SHA-512", salt: random(16), iterations: 1000 }, 512],
];

// Binary parameters are marked, so that they come out of JSON as what they were.
const packed = (parameters) =>
  Object.fromEntries(
    Object.entries(parameters ?? {}).map(([key, value]) => [key, value instanceof Uint8Array ? { base64: base64(value) } : value]),
  );

async function pair([algorithm, usages, parameters]) {
  const rsa = algorithm.name.startsWith("RSA") ? { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) } : {};
  const { publicKey, privateKey } = await subtle.generateKey({ ...algorithm, ...rsa }, true, usages);
  const data = random(100);
  const vector = { kind: "pair", algorithm, parameters: { ...algorithm, ...parameters }, usages, data: base64(data), keys: {} };
  for (const [key, formats] of [[publicKey, ["spki", "jwk", ...(rsa.modulusLength ? [] : ["raw"])]], [privateKey, ["pkcs8", "jwk"]]]) {
    for (const format of formats) {
      const exported = await subtle.exportKey(format, key);
      vector.keys[`${key.type} ${format}`] = format === "jwk" ? exported : base64(exported);
    }
  }
  const used = { ...algorithm, ...parameters };
  if (usages.includes("sign")) {
    vector.signature = base64(await subtle.sign(used, privateKey, data));
  } else if (usages.includes("encrypt")) {
    vector.encrypted = base64(await subtle.encrypt(used, publicKey, data));
  } else {
    const other = await subtle.generateKey(algorithm, true, usages);
    vector.peer = base64(await subtle.exportKey("spki", other.publicKey));
    vector.bits = base64(await subtle.deriveBits({ name: algorithm.name, public: other.publicKey }, privateKey, 256));
  }
  return vector;
}

async function secret([algorithm, length, parameters]) {
  const raw = random(length);
  const usages = algorithm.name === "HMAC" ? ["sign", "verify"] : ["encrypt", "decrypt"];
  const key = await subtle.importKey("raw", raw, algorithm, true, usages);
  const data = random(100);
  const result = algorithm.name === "HMAC" ? await subtle.sign("HMAC", key, data) : await subtle.encrypt({ ...algorithm, ...parameters }, key, data);
  const jwk = await subtle.exportKey("jwk", key);
  return { kind: "secret", algorithm, parameters: packed({ ...algorithm, ...parameters }), usages, raw: base64(raw), jwk, data: base64(data), result: base64(result) };
}

async function derived([parameters, bits]) {
  const raw = random(20);
  const key = await subtle.importKey("raw", raw, parameters.name, false, ["deriveBits"]);
  return { kind: "derived", parameters: packed(parameters), raw: base64(raw), bits, result: base64(await subtle.deriveBits(parameters, key, bits)) };
}

async function digest(hash) {
  const data = random(1000);
  return { kind: "digest", hash, data: base64(data), result: base64(await subtle.digest(hash, data)) };
}

console.log(
  JSON.stringify([
    ...(await Promise.all(PAIRS.map(pair))),
    ...(await Promise.all(SECRETS.map(secret))),
    ...(await Promise.all(DERIVED.map(derived))),
    ...(await Promise.all(["SHA-1", "sha-256", "SHA-384", "SHA-512"].map(digest))),
  ]),
);
