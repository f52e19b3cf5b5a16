// The body of an async function with a parameter `vectors`: does in a context what crypto-vectors.mjs did, and returns what differs.
const { subtle } = crypto;
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const base64 = (data) => btoa(String.fromCharCode(...new Uint8Array(data)));
const unpacked = (parameters) =>
  Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, value?.base64 === undefined ? value : bytes(value.base64)]));
const plain = (value) => JSON.stringify(value, Object.keys(value).sort());
const differences = [];
function same(what, actual, expected) {
  if (actual !== expected) {
    differences.push(`${what}: ${actual} instead of ${expected}`);
  }
}
const DETERMINISTIC = ["RSASSA-PKCS1-v1_5", "Ed25519"];

async function pair({ algorithm, parameters, usages, data, keys, signature, encrypted, peer, bits }) {
  for (const [name, exported] of Object.entries(keys)) {
    const what = `${plain(algorithm)} ${name}`;
    const [type, format] = name.split(" ");
    const wanted = usages.filter((usage) => (type === "public") === ["verify", "encrypt"].includes(usage));
    const given = format === "jwk" ? exported : bytes(exported);
    const key = await subtle.importKey(format, given, algorithm, true, wanted);
    same(`${what} type`, key.type, type);
    const again = await subtle.exportKey(format, key);
    same(`${what} exported`, format === "jwk" ? plain(again) : base64(again), format === "jwk" ? plain(exported) : exported);
    if (type === "public" && signature) {
      same(`${what} verified`, await subtle.verify(parameters, key, bytes(signature), bytes(data)), true);
      same(`${what} tampered with`, await subtle.verify(parameters, key, bytes(signature), bytes(data).subarray(1)), false);
    } else if (type === "private" && encrypted) {
      same(`${what} decrypted`, base64(await subtle.decrypt(parameters, key, bytes(encrypted))), data);
    } else if (type === "private" && peer) {
      const other = await subtle.importKey("spki", bytes(peer), algorithm, true, []);
      same(`${what} derived`, base64(await subtle.deriveBits({ name: algorithm.name, public: other }, key, 256)), bits);
    } else if (type === "private" && DETERMINISTIC.includes(algorithm.name)) {
      same(`${what} signed`, base64(await subtle.sign(parameters, key, bytes(data))), signature);
    }
  }
}

async function secret({ algorithm, parameters, usages, raw, jwk, data, result }) {
  const what = plain(algorithm);
  const used = unpacked(parameters);
  for (const key of [
    await subtle.importKey("raw", bytes(raw), algorithm, true, usages),
    await subtle.importKey("jwk", jwk, algorithm, true, usages),
  ]) {
    same(`${what} raw`, base64(await subtle.exportKey("raw", key)), raw);
    same(`${what} jwk`, plain(await subtle.exportKey("jwk", key)), plain(jwk));
    if (algorithm.name === "HMAC") {
      same(`${what} signed`, base64(await subtle.sign("hmac", key, bytes(data))), result);
      same(`${what} verified`, await subtle.verify("HMAC", key, bytes(result), bytes(data).buffer), true);
      same(`${what} tampered with`, await subtle.verify("HMAC", key, bytes(result).subarray(1), bytes(data)), false);
    } else {
      same(`${what} encrypted`, base64(await subtle.encrypt(used, key, bytes(data))), result);
      same(`${what} decrypted`, base64(await subtle.decrypt(used, key, bytes(result))), data);
    }
  }
}

const checks = {
  pair,
  secret,
  async derived({ parameters, raw, bits, result }) {
    const key = await subtle.importKey("raw", bytes(raw), parameters.name, false, ["deriveBits"]);
    same(parameters.name, base64(await subtle.deriveBits(unpacked(parameters), key, bits)), result);
  },
  async digest({ hash, data, result }) {
    same(hash, base64(await subtle.digest(hash, bytes(data))), result);
  },
};
for (const vector of JSON.parse(vectors)) {
  try {
    await checks[vector.kind](vector);
  } catch (error) {
    differences.push(`${vector.kind} ${plain(vector.algorithm ?? vector)}: ${error.name}: ${error.message}`);
  }
}
return differences;
