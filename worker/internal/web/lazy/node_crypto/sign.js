import { host } from "shared";
import { Writable } from "lazy/node_stream";
import { constants } from "./constants.js";
import { knownHash } from "./hash.js";
import { answer, bytesOfInput, output, Parts } from "./input.js";
import { createPrivateKey, createPublicKey, der } from "./key.js";

// settings returns the arguments of host.nodeSign and host.nodeVerify that a key may have with it.
function settings(key) {
  const pss = key?.padding === constants.RSA_PKCS1_PSS_PADDING;
  return [pss, key?.saltLength ?? constants.RSA_PSS_SALTLEN_AUTO, key?.dsaEncoding === "ieee-p1363"];
}

function signature(algorithm, data, key) {
  const hash = algorithm === null || algorithm === undefined ? null : knownHash(algorithm);
  return host.nodeSign(hash, der(createPrivateKey(key)), data, ...settings(key));
}

function verified(algorithm, data, key, given) {
  const hash = algorithm === null || algorithm === undefined ? null : knownHash(algorithm);
  return host.nodeVerify(hash, der(createPublicKey(key)), data, ...settings(key), given);
}

class Signer extends Writable {
  parts = new Parts();

  constructor(algorithm, options) {
    super(options);
    this.algorithm = knownHash(algorithm);
  }

  update(data, encoding) {
    this.parts.add(data, encoding);
    return this;
  }

  _write(chunk, encoding, done) {
    this.update(chunk, encoding);
    done();
  }
}

export class Sign extends Signer {
  sign(key, encoding) {
    return output(signature(this.algorithm, this.parts.all(), key), encoding);
  }
}

export class Verify extends Signer {
  verify(key, given, encoding) {
    return verified(this.algorithm, this.parts.all(), key, bytesOfInput(given, "signature", encoding));
  }
}

export const createSign = (algorithm, options) => new Sign(algorithm, options);
export const createVerify = (algorithm, options) => new Verify(algorithm, options);

export function sign(algorithm, data, key, callback) {
  return answer(callback, () => output(signature(algorithm, bytesOfInput(data, "data"), key)));
}

export function verify(algorithm, data, key, given, callback) {
  return answer(callback, () => verified(algorithm, bytesOfInput(data, "data"), key, bytesOfInput(given, "signature")));
}
