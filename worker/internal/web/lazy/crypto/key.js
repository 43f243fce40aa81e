import { describeBy, host, refuse, secret, setWriter, tag } from "shared";

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

  constructor(token = undefined, parts = {}) {
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

// makeKey returns a CryptoKey of a list of a host function: type, length, exponent, material and usages. The list is read by
// index, because a script can change what the iteration of arrays does.
export function makeKey(name, hash, curve, extractable, list) {
  const type = list[0];
  const length = list[1];
  const exponent = list[2];
  const forHost = [type, name, hash, curve, length, exponent, list[3]];
  return new CryptoKey(secret, { type, name, hash, curve, length, exponent, usages: list[4], extractable, forHost });
}

// A CryptoKey in a clone (Web Cryptography, section 13.4) is a text that only the host can read.
setWriter(CryptoKey.prototype, (walk, value) => {
  const parts = partsOf(value);
  return parts === undefined ? walk.object(value) : walk.tagged("CryptoKey", host.subtleSeal(parts.forHost, parts.usages, parts.extractable));
});

// cloneKey returns the CryptoKey of such a text.
export function cloneKey(text) {
  const list = host.subtleOpen(text);
  return makeKey(list[0], list[1], list[2], list[3], list[4]);
}

tag(CryptoKey);
describeBy(CryptoKey, "type", "extractable", "algorithm", "usages");
