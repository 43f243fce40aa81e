import { describeBy, refuse, secret, setWriter, tag } from "shared";

// The usages in the order in which CryptoKey lists them. The index of a usage is its bit in a set.
export const usageNames = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];

// partsOf returns the parts of a CryptoKey, and undefined for any other value:
//   type, name, hash, curve, length, exponent, usages, extractable   the attributes; usages is a set of bits
//   forHost                                                          the key as a list for host functions
export let partsOf;

export class CryptoKey {
  #parts;
  #algorithm; // the object of the attribute, once it has been read
  #usages;

  static {
    partsOf = (value) => (typeof value === "object" && value !== null && #parts in value ? value.#parts : undefined);
  }

  constructor(token, parts) {
    if (token !== secret) refuse("CryptoKey: import or generate one with crypto.subtle");
    this.#parts = parts;
  }

  get type() {
    return this.#parts.type;
  }
  get extractable() {
    return this.#parts.extractable;
  }
  get algorithm() {
    return (this.#algorithm ??= describeAlgorithm(this.#parts));
  }
  get usages() {
    return (this.#usages ??= namesOf(this.#parts.usages));
  }
}

// namesOf returns the names of a set of usages.
export const namesOf = (usages) => usageNames.filter((_, i) => usages & (1 << i));

// describeAlgorithm returns the object of the attribute algorithm.
function describeAlgorithm({ name, hash, curve, length, exponent }) {
  const result = { name };
  if (curve !== "") result.namedCurve = curve;
  if (exponent.byteLength > 0) {
    result.modulusLength = length;
    result.publicExponent = new Uint8Array(exponent.slice(0));
  }
  if (hash !== "") result.hash = { name: hash };
  if (length > 0 && exponent.byteLength === 0) result.length = length;
  return result;
}

// makeKey returns a CryptoKey of a list of a host function: [type, length, exponent, material, usages].
export function makeKey(name, hash, curve, extractable, [type, length, exponent, material, usages]) {
  const forHost = [type, name, hash, curve, length, exponent, material];
  return new CryptoKey(secret, { type, name, hash, curve, length, exponent, usages, extractable, forHost });
}

// The content of a CryptoKey in a clone (Web Cryptography, section 13.4): a list that JSON can represent.
const encode = (buffer) => new Uint8Array(buffer).toBase64();
const decode = (text) => Uint8Array.fromBase64(text).buffer;

setWriter(CryptoKey.prototype, (walk, value) => {
  const parts = partsOf(value);
  if (parts === undefined) return walk.object(value);
  const { type, name, hash, curve, length, exponent, usages, extractable, forHost } = parts;
  return walk.tagged("CryptoKey", type, name, hash, curve, length, encode(exponent), usages, extractable, encode(forHost[6]));
});

export const cloneKey = (type, name, hash, curve, length, exponent, usages, extractable, material) =>
  makeKey(name, hash, curve, extractable, [type, length, decode(exponent), decode(material), usages]);

tag(CryptoKey);
describeBy(CryptoKey, "type", "extractable", "algorithm", "usages");
