import { refuse, secret, tag } from "./define.js";
import { bytesOf, isBuffer } from "./encoding.js";
import { DOMException } from "./exception.js";
import { host } from "./host.js";

// materialOf returns the bytes of a key: the secret of HMAC, or the SubjectPublicKeyInfo of a public key.
let materialOf;

export class CryptoKey {
  #material;
  #parts;

  static {
    materialOf = (key) => key.#material;
  }

  constructor(token, material, parts) {
    if (token !== secret) refuse("CryptoKey: import or generate one with crypto.subtle");
    this.#material = material;
    this.#parts = { ...parts, usages: order.filter((usage) => parts.usages.includes(usage)) };
  }

  get type() {
    return this.#parts.type;
  }
  get extractable() {
    return this.#parts.extractable;
  }
  get algorithm() {
    return this.#parts.algorithm;
  }
  get usages() {
    return this.#parts.usages;
  }
}

const order = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
const fail = (name, message) => {
  throw new DOMException(message, name);
};
const checkUsages = (usages, allowed) => {
  const wrong = usages.find((usage) => !allowed.includes(usage));
  if (wrong !== undefined) fail("SyntaxError", `The usages of this key must be among ${allowed.join(", ")}, but got ${wrong}`);
};

// The implementations of the methods of SubtleCrypto by algorithm. A method that an algorithm does not have is not
// supported.
const algorithms = {
  HMAC: {
    importKey(format, data, given, extractable, usages) {
      checkUsages(usages, ["sign", "verify"]);
      if (usages.length === 0) fail("SyntaxError", "A secret key must have at least one usage: sign, verify");
      const hash = hashOf(given, "HMAC");
      const material = format === "raw" ? own(data) : format === "jwk" ? fromJWK(data, "oct", `HS${hash.slice(4)}`, extractable, usages, ["k"])[0] : badFormat(format, "HMAC");
      if (material.byteLength === 0) fail("DataError", "An HMAC key must have at least one byte");
      return hmacKey(material, hash, extractable, usages);
    },
    generateKey(given, extractable, usages) {
      checkUsages(usages, ["sign", "verify"]);
      if (usages.length === 0) fail("SyntaxError", "A secret key must have at least one usage: sign, verify");
      const hash = hashOf(given, "HMAC");
      const bits = given.length === undefined ? blockBits[hash] : Number(given.length);
      if (!(bits > 0 && bits <= 65536 && bits % 8 === 0)) fail("OperationError", `An HMAC key must have 8 to 65536 bits, a multiple of 8, but got ${given.length}`);
      return hmacKey(new Uint8Array(host.random(bits / 8)), hash, extractable, usages);
    },
    exportKey(format, key) {
      const material = materialOf(key);
      if (format === "raw") return material.slice().buffer;
      if (format !== "jwk") badFormat(format, "HMAC");
      const k = material.toBase64({ alphabet: "base64url", omitPadding: true });
      return { kty: "oct", k, alg: `HS${key.algorithm.hash.name.slice(4)}`, key_ops: [...key.usages], ext: key.extractable };
    },
    sign: (_, key, data) => host.hmacSign(key.algorithm.hash.name, materialOf(key), data),
    verify: (_, key, signature, data) => host.equal(host.hmacSign(key.algorithm.hash.name, materialOf(key), data), signature),
  },
  "RSASSA-PKCS1-v1_5": {
    importKey(format, data, given, extractable, usages) {
      const name = "RSASSA-PKCS1-v1_5";
      const hash = hashOf(given, name);
      const spki = publicKey(format, data, name, (jwk) => host.spkiOfRSA(...fromJWK(jwk, "RSA", `RS${hash.slice(4)}`, extractable, usages, ["n", "e"])), usages);
      const [modulusLength, exponent] = host.importSPKI(name, "", spki);
      const algorithm = { name, modulusLength, publicExponent: new Uint8Array(exponent), hash: { name: hash } };
      return new CryptoKey(secret, spki, { type: "public", extractable, algorithm, usages });
    },
    verify: (_, key, signature, data) => host.verifyRSA(key.algorithm.hash.name, materialOf(key), signature, data),
  },
  ECDSA: {
    importKey(format, data, { namedCurve }, extractable, usages) {
      const alg = jwkOfCurve[namedCurve] ?? fail("NotSupportedError", `The curve ${namedCurve} is not supported: supported are ${Object.keys(jwkOfCurve).join(", ")}`);
      const point = (jwk) => {
        if (jwk?.crv !== namedCurve) fail("DataError", `The crv of the key is not ${namedCurve}`);
        return host.spkiOfEC(namedCurve, ...fromJWK(jwk, "EC", alg, extractable, usages, ["x", "y"]));
      };
      const spki = publicKey(format, data, "ECDSA", point, usages);
      host.importSPKI("ECDSA", namedCurve, spki);
      return new CryptoKey(secret, spki, { type: "public", extractable, algorithm: { name: "ECDSA", namedCurve }, usages });
    },
    verify: (given, key, signature, data) => host.verifyECDSA(hashOf(given, "ECDSA"), materialOf(key), signature, data),
  },
};
const blockBits = { "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024 };
const jwkOfCurve = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" };
for (const name of Object.keys(blockBits)) algorithms[name] = { digest: (_, data) => host.digest(name, data) };

const hmacKey = (material, hash, extractable, usages) =>
  new CryptoKey(secret, material, { type: "secret", extractable, algorithm: { name: "HMAC", hash: { name: hash }, length: material.byteLength * 8 }, usages });

const badFormat = (format, name) => fail("NotSupportedError", `The key format ${format} is not supported for ${name}`);

// publicKey returns the SubjectPublicKeyInfo of a public key in any format.
function publicKey(format, data, name, ofJWK, usages) {
  if (format === "pkcs8" || (format === "jwk" && data?.d !== undefined)) fail("NotSupportedError", `Private keys of ${name} are not supported: signatures can only be verified`);
  checkUsages(usages, ["verify"]);
  if (format === "spki") return own(data);
  return format === "jwk" ? new Uint8Array(ofJWK(data)) : badFormat(format, name);
}

// fromJWK checks a JSON Web Key (RFC 7517) and returns the bytes of members.
function fromJWK(jwk, kty, alg, extractable, usages, members) {
  if (typeof jwk !== "object" || jwk === null || isBytes(jwk)) throw new TypeError("A key in the format jwk must be an object");
  if (jwk.kty !== kty) fail("DataError", `The kty of the key is not ${kty}`);
  if (jwk.alg !== undefined && jwk.alg !== alg) fail("DataError", `The alg of the key is ${jwk.alg}, not ${alg}`);
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== "sig") fail("DataError", "The use of the key is not sig");
  if (jwk.key_ops !== undefined && !usages.every((usage) => jwk.key_ops.includes(usage))) fail("DataError", "The key_ops of the key do not include all usages");
  if (jwk.ext === false && extractable) fail("DataError", "The key is not extractable, as its ext is false");
  return members.map((member) => {
    try {
      return Uint8Array.fromBase64(jwk[member], { alphabet: "base64url" });
    } catch {
      return fail("DataError", `The member ${member} of the key is not base64url`);
    }
  });
}

// hashOf returns the name of the hash of an algorithm.
function hashOf(given, name) {
  const hash = given?.hash === undefined ? fail("TypeMismatchError", `${name} needs a hash: { name: "${name}", hash: "SHA-256" }`) : nameOf(given.hash);
  return blockBits[hash] === undefined ? fail("NotSupportedError", `The hash ${hash} is not supported: supported are ${Object.keys(blockBits).join(", ")}`) : hash;
}

// nameOf returns the registered name of an algorithm. Names are not case-sensitive.
function nameOf(given) {
  const name = typeof given === "object" && given !== null ? given.name : given;
  if (name === undefined) throw new TypeError("An algorithm must be a name, or an object with a name");
  const upper = `${name}`.toUpperCase();
  return Object.keys(algorithms).find((known) => known.toUpperCase() === upper) ?? `${name}`;
}

const isBytes = (data) => isBuffer(data) || ArrayBuffer.isView(data);
const own = (data) => bytesOf(data).slice();

// operation returns the implementation of a method for an algorithm.
function operation(method, given) {
  const name = nameOf(given);
  if (algorithms[name]?.[method]) return algorithms[name][method];
  const supported = Object.keys(algorithms).filter((known) => algorithms[known][method]);
  return fail("NotSupportedError", `crypto.subtle.${method} does not support ${name}${supported.length > 0 ? `: supported are ${supported.join(", ")}` : ""}`);
}

// checkKey checks that a key is a CryptoKey for a method and an algorithm.
function checkKey(key, method, given) {
  if (!(key instanceof CryptoKey)) throw new TypeError(`crypto.subtle.${method} expects a CryptoKey`);
  if (key.algorithm.name !== nameOf(given)) fail("InvalidAccessError", `The key is for ${key.algorithm.name}, not for ${nameOf(given)}`);
  if (!key.usages.includes(method)) fail("InvalidAccessError", `The key does not have the usage ${method}: its usages are ${key.usages.join(", ")}`);
}

export class SubtleCrypto {
  constructor(token) {
    if (token !== secret) refuse("SubtleCrypto");
  }

  async digest(algorithm, data) {
    return operation("digest", algorithm)(algorithm, bytesOf(data));
  }
  async importKey(format, data, algorithm, extractable, usages) {
    const run = operation("importKey", algorithm);
    try {
      return run(format, data, algorithm, Boolean(extractable), [...usages]);
    } catch (error) {
      throw error.name === "DataError" ? new DOMException(error.message, "DataError") : error; // host functions throw plain errors with this name
    }
  }
  async generateKey(algorithm, extractable, usages) {
    return operation("generateKey", algorithm)(algorithm, Boolean(extractable), [...usages]);
  }
  async exportKey(format, key) {
    if (!(key instanceof CryptoKey)) throw new TypeError("crypto.subtle.exportKey expects a CryptoKey");
    const run = operation("exportKey", key.algorithm);
    if (!key.extractable) fail("InvalidAccessError", "The key is not extractable");
    return run(format, key);
  }
  async sign(algorithm, key, data) {
    const run = operation("sign", algorithm);
    checkKey(key, "sign", algorithm);
    return run(algorithm, key, bytesOf(data));
  }
  async verify(algorithm, key, signature, data) {
    const run = operation("verify", algorithm);
    checkKey(key, "verify", algorithm);
    return run(algorithm, key, bytesOf(signature), bytesOf(data));
  }
  async encrypt(algorithm) {
    operation("encrypt", algorithm);
  }
  async decrypt(algorithm) {
    operation("decrypt", algorithm);
  }
  async deriveKey(algorithm) {
    operation("deriveKey", algorithm);
  }
  async deriveBits(algorithm) {
    operation("deriveBits", algorithm);
  }
  async wrapKey(format, key, wrapping, algorithm) {
    operation("wrapKey", algorithm);
  }
  async unwrapKey(format, wrapped, key, algorithm) {
    operation("unwrapKey", algorithm);
  }

  // timingSafeEqual compares bytes in constant time. It is an extension of Cloudflare Workers.
  timingSafeEqual(a, b) {
    return timingSafeEqual(a, b);
  }
}

export function timingSafeEqual(a, b) {
  const [left, right] = [bytesOf(a), bytesOf(b)];
  if (left.byteLength !== right.byteLength) throw new TypeError("timingSafeEqual expects two arguments of the same length: compare digests of data of different lengths");
  return host.equal(left, right);
}

tag(CryptoKey, SubtleCrypto);
export const subtle = new SubtleCrypto(secret);
