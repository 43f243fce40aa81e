import { typedArrayName } from "./brand.js";
import { refuse, secret, tag } from "./define.js";
import { bytesOf } from "./encoding.js";
import { DOMException } from "./exception.js";
import { host } from "./host.js";
import { lazy } from "./lazy.js";

const quota = 65536; // Web Cryptography, section 10.1.1

const integerArrays = new Set(
  ["Int8", "Uint8", "Uint8Clamped", "Int16", "Uint16", "Int32", "Uint32", "BigInt64", "BigUint64"].map((kind) => kind + "Array"),
);

export class Crypto {
  constructor(token = undefined) {
    if (token !== secret) refuse("Crypto");
  }

  getRandomValues(array) {
    if (!ArrayBuffer.isView(array)) {
      throw new TypeError("getRandomValues expects a typed array");
    }
    if (!integerArrays.has(typedArrayName.call(array))) {
      throw new DOMException("getRandomValues expects a typed array of integers", "TypeMismatchError");
    }
    const { buffer, byteOffset, byteLength } = array;
    if (byteLength > quota) {
      throw new DOMException(`getRandomValues fills at most ${quota} bytes, but the array has ${byteLength}`, "QuotaExceededError");
    }
    new Uint8Array(buffer, byteOffset, byteLength).set(new Uint8Array(host.random(byteLength)));
    return array;
  }

  randomUUID() {
    return host.randomUUID();
  }

  get subtle() {
    return lazy("crypto").subtle;
  }

  get DigestStream() {
    return lazy("digest_stream").DigestStream;
  }

  timingSafeEqual(a, b) {
    return timingSafeEqual(a, b);
  }
}

// timingSafeEqual compares bytes in constant time. It is an extension of Cloudflare Workers.
export function timingSafeEqual(a, b) {
  const [left, right] = [bytesOf(a), bytesOf(b)];
  if (left.byteLength !== right.byteLength) throw new TypeError("timingSafeEqual expects two arguments of the same length: compare digests of data of different lengths");
  return host.equal(left, right);
}

tag(Crypto);
export const crypto = new Crypto(secret);
