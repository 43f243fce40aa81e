import { host } from "shared";
import { Buffer } from "lazy/node_buffer";
import { nodeError, unavailable, wrongType, wrongValue } from "lazy/node_errors";
import { bytesOfInput, output } from "./input.js";

const secretOfModule = Symbol("key");

// KeyObject is a secret key, or a private or public key as DER.
export class KeyObject {
  #type;
  #bytes;
  #kind;
  #details;

  constructor(type, bytes, kind, details, token) {
    if (token !== secretOfModule) throw new TypeError("Illegal constructor: use createSecretKey, createPublicKey or createPrivateKey");
    this.#type = type;
    this.#bytes = bytes;
    this.#kind = kind;
    this.#details = details;
  }

  static from(key) {
    if (!(key instanceof globalThis.CryptoKey)) throw wrongType("key", "a CryptoKey", key);
    throw unavailable("KeyObject.from", "export the key with crypto.subtle.exportKey");
  }

  get type() {
    return this.#type;
  }

  get asymmetricKeyType() {
    return this.#kind;
  }

  get asymmetricKeyDetails() {
    if (this.#kind === "rsa") return { modulusLength: this.#details[0], publicExponent: BigInt(this.#details[1]) };
    if (this.#kind === "ec") return { namedCurve: this.#details[0] };
    return this.#kind === undefined ? undefined : {};
  }

  get symmetricKeySize() {
    return this.#type === "secret" ? this.#bytes.length : undefined;
  }

  equals(other) {
    return other instanceof KeyObject && this.#type === other.#type && this.#bytes.length === other.#bytes.length && host.equal(this.#bytes, other.#bytes);
  }

  export({ format = "buffer", type, encoding, cipher } = {}) {
    if (format === "jwk") {
      if (this.#type === "secret") return { kty: "oct", k: this.#bytes.toString("base64url") };
      throw unavailable("export of keys as jwk", "use crypto.subtle.exportKey");
    }
    if (this.#type === "secret") return output(this.#bytes, encoding);
    if (cipher !== undefined) throw unavailable("export of encrypted keys");
    if (format !== "pem" && format !== "der") throw wrongValue("options.format", format);
    const exported = host.nodeExportKey(this.#bytes, this.#type === "private", type ?? "");
    if (exported === null) throw wrongValue("options.type", type);
    return format === "pem" ? Buffer.from(exported[0]).toString() : Buffer.from(exported[1]);
  }

  // der returns the bytes of a private or public key.
  static der(key) {
    return key.#bytes;
  }
}

const der = KeyObject.der;
delete KeyObject.der;
export { der };

export function createSecretKey(key, encoding) {
  return new KeyObject("secret", Buffer.from(bytesOfInput(key, "key", encoding)), undefined, undefined, secretOfModule);
}

// inputOf returns the bytes of a key: a string or buffer, or an object with it.
function inputOf(key) {
  const given = typeof key === "object" && key !== null && key.key !== undefined ? key : { key };
  if (given.format === "jwk") throw unavailable("import of keys as jwk", "use crypto.subtle.importKey");
  if (given.passphrase !== undefined) throw unavailable("import of encrypted keys");
  return bytesOfInput(given.key, "key", given.encoding);
}

const notAKey = () => nodeError(Error, "ERR_OSSL_UNSUPPORTED", "the key is not valid: RSA, EC and Ed25519 keys in PEM or DER are supported");

export function createPrivateKey(key) {
  if (key instanceof KeyObject && key.type === "private") return key;
  if (key?.key instanceof KeyObject) return createPrivateKey(key.key);
  const [kind, bytes, ...details] = host.nodePrivateKey(inputOf(key)) ?? [];
  if (kind === undefined) throw notAKey();
  return new KeyObject("private", Buffer.from(bytes), kind, details, secretOfModule);
}

export function createPublicKey(key) {
  if (key instanceof KeyObject && key.type === "public") return key;
  if (key?.key instanceof KeyObject) return createPublicKey(key.key);
  const [kind, bytes, ...details] = host.nodePublicKey(key instanceof KeyObject ? der(key) : inputOf(key)) ?? [];
  if (kind === undefined) throw notAKey();
  return new KeyObject("public", Buffer.from(bytes), kind, details, secretOfModule);
}
