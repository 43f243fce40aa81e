import { crypto as webcrypto, host } from "shared";
import { Buffer } from "lazy/node_buffer";
import { checkFunction, checkInteger, nodeError, unavailable, wrongType } from "lazy/node_errors";
import { constants } from "./constants.js";
import { createCipheriv, createDecipheriv } from "./cipher.js";
import { createHash, createHmac, hash, Hash, Hmac, knownHash } from "./hash.js";
import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from "./key.js";
import { createSign, createVerify, sign, Sign, verify, Verify } from "./sign.js";
import { answer, bytesOfInput } from "./input.js";

const quota = 65536; // bytes of one call of host.random

function fill(bytes) {
  for (let at = 0; at < bytes.length; at += quota) bytes.set(new Uint8Array(host.random(Math.min(quota, bytes.length - at))), at);
  return bytes;
}

function randomBytes(size, callback) {
  checkInteger(size, "size", 0, 2 ** 31 - 1);
  return answer(callback, () => fill(Buffer.alloc(size)));
}

// part returns the bytes of a buffer that are to be filled.
function part(buffer, offset = 0, size) {
  const view = bytesOfInput(buffer, "buf");
  const unit = buffer.BYTES_PER_ELEMENT ?? 1;
  checkInteger(offset, "offset", 0, view.length / unit);
  const length = size ?? view.length / unit - offset;
  checkInteger(length, "size", 0, view.length / unit - offset);
  return view.subarray(offset * unit, (offset + length) * unit);
}

function randomFillSync(buffer, offset, size) {
  fill(part(buffer, offset, size));
  return buffer;
}

function randomFill(buffer, ...rest) {
  const callback = rest.pop();
  checkFunction(callback, "callback");
  answer(callback, () => randomFillSync(buffer, ...rest));
}

// randomInt returns an integer that is at least min and below max, each with the same probability.
function randomInt(min, max, callback) {
  if (max === undefined || typeof max === "function") return randomInt(0, min, max);
  checkInteger(min, "min");
  checkInteger(max, "max");
  const range = max - min;
  if (!(range > 0 && range < 2 ** 48)) {
    throw nodeError(RangeError, "ERR_OUT_OF_RANGE", `"max" must be greater than "min" by less than 2^48, but they are ${max} and ${min}`);
  }
  const limit = 2 ** 48 - (2 ** 48 % range);
  const draw = () => {
    for (;;) {
      const n = Buffer.from(host.random(6)).readUIntBE(0, 6);
      if (n < limit) return min + (n % range);
    }
  };
  return answer(callback, draw);
}

function timingSafeEqual(a, b) {
  const [left, right] = [bytesOfInput(a, "buf1"), bytesOfInput(b, "buf2")];
  if (left.length !== right.length) {
    throw nodeError(RangeError, "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "Input buffers must have the same byte length");
  }
  return host.equal(left, right);
}

function pbkdf2Sync(password, salt, iterations, length, digest) {
  checkInteger(iterations, "iterations", 1, 2 ** 31 - 1);
  checkInteger(length, "keylen", 0, 2 ** 31 - 1);
  const key = host.nodePBKDF2(knownHash(digest), bytesOfInput(password, "password"), bytesOfInput(salt, "salt"), iterations, length);
  return Buffer.from(key);
}

const webHashes = { sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };

// pbkdf2 derives a key in the background if the hash is one of Web Cryptography.
function pbkdf2(password, salt, iterations, length, digest, callback) {
  checkFunction(callback, "callback");
  checkInteger(iterations, "iterations", 1, 2 ** 31 - 1);
  checkInteger(length, "keylen", 0, 2 ** 31 - 1);
  const name = webHashes[knownHash(digest).toLowerCase().replace("sha-", "sha")];
  const [secret, salted] = [bytesOfInput(password, "password"), bytesOfInput(salt, "salt")];
  if (name === undefined || length === 0) {
    answer(callback, () => pbkdf2Sync(secret, salted, iterations, length, digest));
    return;
  }
  const { subtle } = webcrypto;
  subtle
    .importKey("raw", secret, "PBKDF2", false, ["deriveBits"])
    .then((key) => subtle.deriveBits({ name: "PBKDF2", hash: name, salt: salted, iterations }, key, length * 8))
    .then((bits) => callback(null, Buffer.from(bits)), callback);
}

function hkdfSync(digest, key, salt, info, length) {
  const material = key instanceof KeyObject ? key.export() : bytesOfInput(key, "ikm");
  return host.nodeHKDF(knownHash(digest), material, bytesOfInput(salt, "salt"), bytesOfInput(info, "info"), length);
}

function hkdf(digest, key, salt, info, length, callback) {
  checkFunction(callback, "callback");
  answer(callback, () => hkdfSync(digest, key, salt, info, length));
}

function randomUUID() {
  return host.randomUUID();
}

function getRandomValues(array) {
  return webcrypto.getRandomValues(array);
}

// What is not available throws when it is called, with its name.
const missing = {};
for (const name of [
  "createDiffieHellman", "createDiffieHellmanGroup", "createECDH", "diffieHellman", "generateKey", "generateKeyPair", "generateKeyPairSync",
  "generateKeySync", "generatePrime", "generatePrimeSync", "checkPrime", "checkPrimeSync", "getDiffieHellman", "privateDecrypt", "privateEncrypt",
  "publicDecrypt", "publicEncrypt", "scrypt", "scryptSync",
]) {
  missing[name] = () => {
    throw unavailable(`crypto.${name}`, "crypto.subtle may have an equivalent");
  };
}

function X509Certificate(certificate) {
  if (certificate === undefined) throw wrongType("buffer", "a string or a Buffer", certificate);
  throw unavailable("crypto.X509Certificate");
}

export const module = {
  ...missing,
  constants, createCipheriv, createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, createSecretKey, createSign, createVerify,
  getCiphers: () => ["cbc", "ctr", "ecb", "gcm"].flatMap((mode) => [128, 192, 256].map((bits) => `aes-${bits}-${mode}`)).sort(),
  getCurves: () => ["prime256v1", "secp224r1", "secp384r1", "secp521r1"],
  getFips: () => 0,
  getHashes: () => host.nodeHashes(),
  getRandomValues, hash, Hash, hkdf, hkdfSync, Hmac, KeyObject, pbkdf2, pbkdf2Sync, randomBytes, randomFill, randomFillSync, randomInt, randomUUID,
  sign, Sign, timingSafeEqual, verify, Verify, webcrypto, X509Certificate,

  // The implementation of subtle is loaded when it is read.
  get subtle() {
    return webcrypto.subtle;
  },
};
