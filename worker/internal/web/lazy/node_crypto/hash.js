import { host } from "shared";
import { checkString, nodeError } from "lazy/node_errors";
import { Transform } from "lazy/node_stream";
import { bytesOfInput, output, Parts } from "./input.js";
import { KeyObject } from "./key.js";

const none = new Uint8Array(0);

// knownHash returns the name of a hash, and throws for an unknown one.
export function knownHash(name) {
  checkString(name, "algorithm");
  if (host.nodeHash(name, none) === null) throw nodeError(Error, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${name}`);
  return name;
}

const finalized = () => nodeError(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");

// Digest is what Hash and Hmac have in common: streams whose input is digested as a whole, at the end. compute returns the
// digest of the input.
class Digest extends Transform {
  #parts = new Parts();
  #compute;
  #done = false;

  constructor(compute, options) {
    super(options);
    this.#compute = compute;
  }

  update(data, encoding) {
    if (this.#done) throw finalized();
    this.#parts.add(data, encoding);
    return this;
  }

  digest(encoding) {
    if (this.#done) throw finalized();
    this.#done = true;
    return output(this.#compute(this.#parts.all()), encoding);
  }

  // take returns a copy of the input so far, after it has been replaced if parts are given.
  take(parts) {
    if (this.#done) throw finalized();
    if (parts !== undefined) this.#parts = parts;
    return this.#parts.copy();
  }

  _transform(chunk, encoding, done) {
    this.update(chunk, encoding);
    done();
  }

  _flush(done) {
    this.push(this.digest());
    done();
  }
}

export class Hash extends Digest {
  #algorithm;
  #options;

  constructor(algorithm, options) {
    const name = knownHash(algorithm);
    super((data) => host.nodeHash(name, data), options);
    this.#algorithm = name;
    this.#options = options;
  }

  copy(options = this.#options) {
    const copy = new Hash(this.#algorithm, options);
    copy.take(this.take());
    return copy;
  }
}

export class Hmac extends Digest {
  constructor(algorithm, key, options) {
    const name = knownHash(algorithm);
    const secret = key instanceof KeyObject ? key.export() : bytesOfInput(key, "key", options?.encoding);
    super((data) => host.nodeHMAC(name, secret, data), options);
  }
}

export const createHash = (algorithm, options) => new Hash(algorithm, options);
export const createHmac = (algorithm, key, options) => new Hmac(algorithm, key, options);

export function hash(algorithm, data, encoding = "hex") {
  return output(host.nodeHash(knownHash(algorithm), bytesOfInput(data, "input")), encoding);
}
