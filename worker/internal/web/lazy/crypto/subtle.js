import { DOMException, expect, host, refuse, secret, tag, timingSafeEqual } from "shared";
import { algorithm, buffer, fail, format as keyFormat, jwk, key as keyParts, usages as usageSet } from "./idl.js";
import { makeKey, namesOf } from "./key.js";
import { normalize, normalizeEither } from "./normalize.js";

const exceptions = new Set(["DataError", "OperationError", "SyntaxError", "NotSupportedError", "InvalidAccessError"]);
const exceptionOf = (name, message) => (exceptions.has(name) ? new DOMException(message, name) : name === "TypeError" ? new TypeError(message) : new Error(message));

// converted returns a DOMException for an error of a host function that has the name of one, and the error itself otherwise.
const converted = (error) => (exceptions.has(error.name) ? new DOMException(error.message, error.name) : error);

// call returns a promise of the result of a host function, which may come in a later turn: start(settle) calls the function,
// whose first argument is settle. The promise is resolved with convert(result). Secrets of keys do not get into a promise,
// because a script can replace Promise, and define a getter then of every object.
const call = (start, convert = (result) => result) =>
  new Promise((resolve, reject) => {
    const settle = (failure, message, value) => (failure === null ? resolve(convert(value)) : reject(exceptionOf(failure, message)));
    try {
      const result = start(settle);
      if (result !== undefined) resolve(convert(result));
    } catch (error) {
      reject(converted(error));
    }
  });

const HASH = 1;
const CURVE = 2;

// checkKey checks that a key is for an algorithm and has a usage.
function checkKey(key, [name], usage) {
  if (key.name !== name) fail("InvalidAccessError", `The key is for ${key.name}, not for ${name}`);
  if (!namesOf(key.usages).includes(usage)) {
    fail("InvalidAccessError", `The key does not have the usage ${usage}: its usages are ${namesOf(key.usages).join(", ") || "empty"}`);
  }
}

// importData imports a key: bytes, or a JWK as a list or as the bytes of its JSON.
const importData = (format, data, normalized, extractable, usages) =>
  call(
    (settle) => host.subtleImport(settle, normalized, usages, format, data, extractable),
    (list) => makeKey(normalized[0], normalized[HASH] ?? "", normalized[CURVE] ?? "", extractable, list),
  );

// exportData exports a key: an ArrayBuffer, or an object for the format jwk.
async function exportData(format, key) {
  if (!supportsExport(key.name)) fail("NotSupportedError", `Keys of ${key.name} cannot be exported`);
  if (!key.extractable) fail("InvalidAccessError", "The key is not extractable");
  const result = await call((settle) => host.subtleExport(settle, key.forHost, format));
  if (!Array.isArray(result)) return result;
  const object = {};
  for (let i = 0; i < result.length; i += 2) object[result[i]] = result[i + 1];
  object.key_ops = namesOf(key.usages);
  object.ext = key.extractable;
  return object;
}

const supportsExport = (name) => name !== "HKDF" && name !== "PBKDF2";

// derive derives bits; length is -1 for the length of the shared secret.
const derive = (normalized, base, length, convert) =>
  call((settle) => host.subtleDerive(settle, normalized, base.forHost, normalized.public?.forHost, length), convert);

export class SubtleCrypto {
  constructor(token = undefined) {
    if (token !== secret) refuse("SubtleCrypto");
  }

  async digest(given, data) {
    expect(arguments.length, 2, "crypto.subtle.digest");
    const [identifier, bytes] = [algorithm(given), buffer(data, "The data")];
    return call((settle) => host.subtleDigest(settle, normalize("digest", identifier)[0], bytes));
  }

  async encrypt(given, key, data) {
    expect(arguments.length, 3, "crypto.subtle.encrypt");
    return crypt("encrypt", given, key, data);
  }

  async decrypt(given, key, data) {
    expect(arguments.length, 3, "crypto.subtle.decrypt");
    return crypt("decrypt", given, key, data);
  }

  async sign(given, key, data) {
    expect(arguments.length, 3, "crypto.subtle.sign");
    return crypt("sign", given, key, data);
  }

  async verify(given, key, signature, data) {
    expect(arguments.length, 4, "crypto.subtle.verify");
    const [identifier, parts, signed, bytes] = [algorithm(given), keyParts(key, "The key"), buffer(signature, "The signature"), buffer(data, "The data")];
    const normalized = normalize("verify", identifier);
    checkKey(parts, normalized, "verify");
    return call((settle) => host.subtleVerify(settle, normalized, parts.forHost, signed, bytes));
  }

  async generateKey(given, extractable, keyUsages) {
    expect(arguments.length, 3, "crypto.subtle.generateKey");
    const [identifier, usages] = [algorithm(given), usageSet(keyUsages)];
    const normalized = normalize("generateKey", identifier);
    const make = (list) => makeKey(normalized[0], normalized[HASH] ?? "", normalized[CURVE] ?? "", list[0] === "public" || Boolean(extractable), list);
    return call(
      (settle) => host.subtleGenerate(settle, normalized, usages),
      (lists) => (lists.length === 1 ? make(lists[0]) : { publicKey: make(lists[0]), privateKey: make(lists[1]) }),
    );
  }

  async deriveKey(given, baseKey, derivedType, extractable, keyUsages) {
    expect(arguments.length, 5, "crypto.subtle.deriveKey");
    const [identifier, base, type, usages] = [algorithm(given), keyParts(baseKey, "The base key"), algorithm(derivedType), usageSet(keyUsages)];
    const normalized = normalize("deriveBits", identifier, "deriveKey");
    const forImport = normalize("importKey", type, "deriveKey");
    const forLength = normalize("length", type, "deriveKey");
    checkKey(base, normalized, "deriveKey");
    const length = lengthOf(forLength);
    return derive(normalized, base, length, (bits) => importData("raw", bits, forImport, Boolean(extractable), usages));
  }

  async deriveBits(given, baseKey, length = null) {
    expect(arguments.length, 2, "crypto.subtle.deriveBits");
    const [identifier, base, bits] = [algorithm(given), keyParts(baseKey, "The base key"), length === null ? -1 : Number(length) >>> 0];
    const normalized = normalize("deriveBits", identifier);
    checkKey(base, normalized, "deriveBits");
    return derive(normalized, base, bits);
  }

  async importKey(format, keyData, given, extractable, keyUsages) {
    expect(arguments.length, 5, "crypto.subtle.importKey");
    const name = keyFormat(format);
    const isBuffer = ArrayBuffer.isView(keyData) || keyData instanceof ArrayBuffer;
    const data = isBuffer ? buffer(keyData, "The key") : jwk(keyData);
    const [identifier, usages] = [algorithm(given), usageSet(keyUsages)];
    const normalized = normalize("importKey", identifier);
    if (isBuffer === (name === "jwk")) throw new TypeError(`A key in the format ${name} must be ${isBuffer ? "an object" : "an ArrayBuffer or a view of one"}`);
    return importData(name, data, normalized, Boolean(extractable), usages);
  }

  async exportKey(format, key) {
    expect(arguments.length, 2, "crypto.subtle.exportKey");
    return exportData(keyFormat(format), keyParts(key, "The key"));
  }

  async wrapKey(format, key, wrappingKey, given) {
    expect(arguments.length, 4, "crypto.subtle.wrapKey");
    const [name, parts, wrapping, identifier] = [keyFormat(format), keyParts(key, "The key"), keyParts(wrappingKey, "The wrapping key"), algorithm(given)];
    const [operation, normalized] = normalizeEither("wrapKey", "encrypt", identifier);
    checkKey(wrapping, normalized, "wrapKey");
    const data = await exportData(name, parts);
    const bytes = name === "jwk" ? new Uint8Array(host.encode(JSON.stringify(data))) : data;
    return call((settle) => host.subtleCrypt(settle, operation, normalized, wrapping.forHost, bytes));
  }

  async unwrapKey(format, wrappedKey, unwrappingKey, given, keyAlgorithm, extractable, keyUsages) {
    expect(arguments.length, 7, "crypto.subtle.unwrapKey");
    const [name, wrapped, unwrapping] = [keyFormat(format), buffer(wrappedKey, "The wrapped key"), keyParts(unwrappingKey, "The unwrapping key")];
    const [identifier, type, usages] = [algorithm(given), algorithm(keyAlgorithm), usageSet(keyUsages)];
    const [operation, normalized] = normalizeEither("unwrapKey", "decrypt", identifier);
    const forImport = normalize("importKey", type, "unwrapKey");
    checkKey(unwrapping, normalized, "unwrapKey");
    return call(
      (settle) => host.subtleCrypt(settle, operation, normalized, unwrapping.forHost, wrapped),
      (bytes) => importData(name, bytes, forImport, Boolean(extractable), usages),
    );
  }

  // timingSafeEqual compares bytes in constant time. It is an extension of Cloudflare Workers.
  timingSafeEqual(a, b) {
    return timingSafeEqual(a, b);
  }
}

// crypt implements the methods that transform data with a key.
function crypt(operation, given, key, data) {
  const [identifier, parts, bytes] = [algorithm(given), keyParts(key, "The key"), buffer(data, "The data")];
  const normalized = normalize(operation, identifier);
  checkKey(parts, normalized, operation);
  return call((settle) => host.subtleCrypt(settle, operation, normalized, parts.forHost, bytes));
}

// lengthOf returns the length of a derived key in bits, or -1.
function lengthOf(normalized) {
  try {
    return host.subtleLength(normalized);
  } catch (error) {
    throw converted(error);
  }
}

tag(SubtleCrypto);
export const subtle = new SubtleCrypto(secret);
