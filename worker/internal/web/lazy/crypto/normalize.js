import { algorithm, bigInteger, buffer, fail, integer, key } from "./idl.js";

// The indexes of the members of an algorithm in the list that host functions get.
const HASH = 1;
const CURVE = 2;
const LENGTH = 3;
const MODULUS = 4;
const EXPONENT = 5;
const IV = 6;
const EXTRA = 7;
const TAG = 8;
const SALT = 9;
const SALT_LENGTH = 10;
const ITERATIONS = 11;
const PUBLIC = "public"; // not for host functions

const copy = (value, what) => buffer(value, what).slice();
const octet = integer(255);
const short = integer(65535);
const long = integer(2 ** 32 - 1);

// The members of dictionaries in the order in which Web IDL reads them: name, index, conversion, and whether it is optional.
const dictionaries = {
  none: [],
  aesKey: [["length", LENGTH, short]],
  aesCbc: [["iv", IV, copy]],
  aesCtr: [["counter", IV, copy], ["length", LENGTH, octet]],
  aesGcm: [["additionalData", EXTRA, copy, true], ["iv", IV, copy], ["tagLength", TAG, octet, true]],
  hmacKey: [["hash", HASH, algorithm], ["length", LENGTH, long, true]],
  rsaKey: [["modulusLength", MODULUS, long], ["publicExponent", EXPONENT, bigInteger], ["hash", HASH, algorithm]],
  hash: [["hash", HASH, algorithm]],
  rsaPss: [["saltLength", SALT_LENGTH, long]],
  rsaOaep: [["label", EXTRA, copy, true]],
  ecKey: [["namedCurve", CURVE, String]],
  ecdh: [["public", PUBLIC, key]],
  hkdf: [["hash", HASH, algorithm], ["info", EXTRA, copy], ["salt", SALT, copy]],
  pbkdf2: [["hash", HASH, algorithm], ["iterations", ITERATIONS, long], ["salt", SALT, copy]],
};

const rsaKeys = { "RSASSA-PKCS1-v1_5": "hash", "RSA-PSS": "hash", "RSA-OAEP": "hash" };
const aes = (dictionary) => ({ "AES-CTR": dictionary, "AES-CBC": dictionary, "AES-GCM": dictionary, "AES-KW": dictionary });
const curveKeys = { ECDSA: "ecKey", ECDH: "ecKey", Ed25519: "none", X25519: "none" };
const ciphers = { "RSA-OAEP": "rsaOaep", "AES-CTR": "aesCtr", "AES-CBC": "aesCbc", "AES-GCM": "aesGcm" };
const signatures = { HMAC: "none", "RSASSA-PKCS1-v1_5": "none", "RSA-PSS": "rsaPss", ECDSA: "hash", Ed25519: "none" };

// The algorithms that each operation supports, with the dictionaries of their parameters (Web Cryptography, section 18.2.2).
const operations = {
  digest: { "SHA-1": "none", "SHA-256": "none", "SHA-384": "none", "SHA-512": "none" },
  generateKey: { ...aes("aesKey"), HMAC: "hmacKey", "RSASSA-PKCS1-v1_5": "rsaKey", "RSA-PSS": "rsaKey", "RSA-OAEP": "rsaKey", ...curveKeys },
  importKey: { ...aes("none"), HMAC: "hmacKey", ...rsaKeys, ...curveKeys, HKDF: "none", PBKDF2: "none" },
  encrypt: ciphers,
  decrypt: ciphers,
  sign: signatures,
  verify: signatures,
  deriveBits: { HKDF: "hkdf", PBKDF2: "pbkdf2", ECDH: "ecdh", X25519: "ecdh" },
  wrapKey: { "AES-KW": "none" },
  unwrapKey: { "AES-KW": "none" },
  length: { ...aes("aesKey"), HMAC: "hmacKey", HKDF: "none", PBKDF2: "none" },
};

// normalize returns the list of a normalized algorithm for an operation (Web Cryptography, section 18.4.4). The method is
// named in errors.
export function normalize(operation, given, method = operation) {
  return find(operation, given) ?? unsupported([operation], given, method);
}

// normalizeEither normalizes an algorithm for the first operation that it has, and returns that operation and the list.
export function normalizeEither(first, second, given) {
  for (const operation of [first, second]) {
    const normalized = find(operation, given);
    if (normalized !== undefined) return [operation, normalized];
  }
  return unsupported([first, second], given, first);
}

function unsupported(tried, given, method) {
  const known = tried.flatMap((operation) => Object.keys(operations[operation])).join(", ");
  return fail("NotSupportedError", `crypto.subtle.${method} does not support ${typeof given === "string" ? given : String(given.name)}: supported are ${known}`);
}

function find(operation, given) {
  const name = typeof given === "string" ? given : given.name;
  if (name === undefined) throw new TypeError("An algorithm must be a name, or an object with a name");
  const text = String(name);
  const upper = text.toUpperCase();
  const known = Object.keys(operations[operation]).find((candidate) => candidate.toUpperCase() === upper);
  if (known === undefined) return undefined;
  const list = [known];
  for (const [member, index, convert, optional] of dictionaries[operations[operation][known]]) {
    const value = typeof given === "string" ? undefined : given[member];
    if (value !== undefined) list[index] = convert(value, `The member ${member} of the algorithm`);
    else if (!optional) throw new TypeError(`The algorithm ${known} needs the member ${member}`);
  }
  if (list[HASH] !== undefined) list[HASH] = normalize("digest", list[HASH], `${operation} with the hash of ${known}`)[0];
  return list;
}
