import { host } from "shared";
import { Buffer } from "lazy/node_buffer";
import { checkString, nodeError } from "lazy/node_errors";
import { Transform } from "lazy/node_stream";
import { bytesOfInput, output, Parts } from "./input.js";
import { KeyObject } from "./key.js";

// A cipher produces its whole output at the end: update returns nothing, and final everything.
class Cipher extends Transform {
  #mode;
  #decrypt;
  #key;
  #iv;
  #parts = new Parts();
  #additional = Buffer.alloc(0);
  #tag = Buffer.alloc(0);
  #padding = true;
  #done = false;

  constructor(algorithm, key, iv, options, decrypt) {
    super(options);
    checkString(algorithm, "cipher");
    const [, bits, mode] = /^(?:id-)?aes-?(128|192|256)-(cbc|ctr|ecb|gcm)$/i.exec(algorithm) ?? [];
    if (bits === undefined) {
      throw nodeError(Error, "ERR_CRYPTO_UNKNOWN_CIPHER", `Unknown cipher: ${algorithm}; AES in the modes cbc, ctr, ecb and gcm is available`);
    }
    this.#mode = mode.toLowerCase();
    this.#decrypt = decrypt;
    this.#key = key instanceof KeyObject ? key.export() : bytesOfInput(key, "key");
    if (this.#key.length !== bits / 8) throw nodeError(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
    this.#iv = iv === null ? Buffer.alloc(0) : Buffer.from(bytesOfInput(iv, "iv"));
    const ivFits = { gcm: this.#iv.length > 0, ecb: this.#iv.length === 0 }[this.#mode] ?? this.#iv.length === 16;
    if (!ivFits) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
  }

  update(data, inputEncoding, outputEncoding) {
    this.#check();
    this.#parts.add(data, inputEncoding);
    return output([], outputEncoding);
  }

  final(encoding) {
    this.#check();
    this.#done = true;
    const result = host.nodeCipher(this.#mode, this.#decrypt, this.#key, this.#iv, this.#parts.all(), this.#additional, this.#tag, this.#padding);
    if (result === null) throw nodeError(Error, "ERR_OSSL_BAD_DECRYPT", this.#mode === "gcm" ? "Unsupported state or unable to authenticate data" : "bad decrypt");
    const bytes = Buffer.from(result);
    if (this.#mode !== "gcm" || this.#decrypt) return output(bytes, encoding);
    this.#tag = bytes.subarray(bytes.length - 16);
    return output(bytes.subarray(0, bytes.length - 16), encoding);
  }

  #check() {
    if (this.#done) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "Unsupported state: final has been called");
  }

  setAutoPadding(on = true) {
    this.#padding = Boolean(on);
    return this;
  }

  setAAD(data, options) {
    this.#additional = Buffer.from(bytesOfInput(data, "buffer", options?.encoding));
    return this;
  }

  getAuthTag() {
    if (this.#mode !== "gcm" || this.#decrypt || !this.#done) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "Invalid state for operation getAuthTag");
    return Buffer.from(this.#tag);
  }

  setAuthTag(tag, encoding) {
    this.#tag = Buffer.from(bytesOfInput(tag, "buffer", encoding));
    if (this.#tag.length !== 16) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${this.#tag.length}`);
    return this;
  }

  _transform(chunk, encoding, done) {
    this.update(chunk, encoding);
    done();
  }

  _flush(done) {
    try {
      this.push(this.final());
      done();
    } catch (error) {
      done(error);
    }
  }
}

export const createCipheriv = (algorithm, key, iv, options) => new Cipher(algorithm, key, iv, options, false);
export const createDecipheriv = (algorithm, key, iv, options) => new Cipher(algorithm, key, iv, options, true);
