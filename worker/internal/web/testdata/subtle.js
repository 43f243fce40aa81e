const { subtle } = crypto;
const bytes = (text) => new TextEncoder().encode(text);
const hex = (buffer) => new Uint8Array(buffer).toHex();
const hmac = { name: "HMAC", hash: "SHA-256" };

test("digest", async () => {
  const want = {
    "SHA-1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "sha-256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "SHA-384": "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    "Sha-512": "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  };
  for (const [name, sum] of Object.entries(want)) equal([hex(await subtle.digest(name, bytes("abc"))), hex(await subtle.digest({ name }, bytes("abc").buffer))], [sum, sum]);
  ok((await subtle.digest("SHA-1", bytes(""))) instanceof ArrayBuffer, "a digest must be an ArrayBuffer");
  await rejects(subtle.digest("MD5", bytes("")), "NotSupportedError", "crypto.subtle.digest does not support MD5: supported are SHA-1, SHA-256");
  await rejects(subtle.digest("SHA-1", "text"), "TypeError", "ArrayBuffer");
  await rejects(subtle.digest({}, bytes("")), "TypeError", "name");
});

test("HMAC signatures equal those of openssl", async () => {
  const key = await subtle.importKey("raw", bytes("k"), hmac, false, ["sign", "verify"]);
  const mac = await subtle.sign("HMAC", key, bytes("m"));
  equal(hex(mac), "b60090e3052297aeb5a080889ce2fc4bca957e756faeb4df7d31800ca1e771ec");
  equal([await subtle.verify("hmac", key, mac, bytes("m")), await subtle.verify(hmac, key, mac, bytes("n")), await subtle.verify(hmac, key, mac.slice(1), bytes("m"))], [true, false, false]);
  // RFC 4231, section 4.3
  const jefe = (hash) => subtle.importKey("raw", bytes("Jefe"), { name: "HMAC", hash: { name: hash } }, false, ["sign"]);
  equal(hex(await subtle.sign("HMAC", await jefe("SHA-256"), bytes("what do ya want for nothing?"))), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  equal(hex(await subtle.sign("HMAC", await jefe("SHA-384"), bytes("what do ya want for nothing?"))), "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
});

test("an HMAC key has attributes, and is limited to its usages", async () => {
  const key = await subtle.importKey("raw", bytes("key"), hmac, false, ["verify"]);
  equal([key.type, key.extractable, key.algorithm, key.usages, String(key)], ["secret", false, { name: "HMAC", hash: { name: "SHA-256" }, length: 24 }, ["verify"], "[object CryptoKey]"]);
  await rejects(subtle.sign("HMAC", key, bytes("")), "InvalidAccessError", "does not have the usage sign");
  await rejects(subtle.exportKey("raw", key), "InvalidAccessError", "not extractable");
  await rejects(subtle.verify("Ed25519", key, bytes(""), bytes("")), "InvalidAccessError", "not for Ed25519");
  await rejects(subtle.verify("HMAC", {}, bytes(""), bytes("")), "TypeError", "CryptoKey");
  throws(() => new CryptoKey(), "TypeError", "Illegal constructor");
  const data = bytes("key"), copied = await subtle.importKey("raw", data, hmac, true, ["sign"]);
  data.fill(0);
  equal(hex(await subtle.exportKey("raw", copied)), "6b6579");
});

test("HMAC keys can be imported, exported and generated", async () => {
  const jwk = { kty: "oct", k: "a2V5", alg: "HS256", use: "sig", key_ops: ["sign", "verify"], ext: true };
  const key = await subtle.importKey("jwk", jwk, hmac, true, ["verify", "sign"]);
  equal(await subtle.exportKey("jwk", key), { alg: "HS256", k: "a2V5", kty: "oct", key_ops: ["sign", "verify"], ext: true });
  for (const [change, words] of [[{ kty: "RSA" }, "kty"], [{ alg: "HS512" }, "HS512"], [{ k: "*" }, "base64url"], [{ k: undefined }, "no member k"], [{ k: "" }, "empty"], [{ use: "enc" }, "use"], [{ key_ops: ["sign"] }, "key_ops"], [{ ext: false }, "ext"]]) {
    const error = await rejects(subtle.importKey("jwk", { ...jwk, ...change }, hmac, true, ["verify"]), "DataError", words);
    ok(error instanceof DOMException, "the error must be a DOMException");
  }
  await rejects(subtle.importKey("jwk", bytes("x"), hmac, true, ["verify"]), "TypeError", "object");
  await rejects(subtle.importKey("raw", bytes(""), hmac, false, ["sign"]), "DataError", "empty");
  await rejects(subtle.importKey("raw", bytes("k"), hmac, false, []), "SyntaxError", "usage");
  await rejects(subtle.importKey("raw", bytes("k"), hmac, false, ["encrypt"]), "SyntaxError", "encrypt");
  await rejects(subtle.importKey("raw", bytes("k"), "HMAC", false, ["sign"]), "TypeError", "hash");
  await rejects(subtle.importKey("raw", bytes("k"), { name: "HMAC", hash: "MD5" }, false, ["sign"]), "NotSupportedError", "MD5");
  await rejects(subtle.importKey("pkcs8", bytes("k"), hmac, false, ["sign"]), "NotSupportedError", "pkcs8");
  const made = await subtle.generateKey(hmac, true, ["sign"]), other = await subtle.generateKey({ ...hmac, length: 128 }, true, ["sign"]);
  equal([made.algorithm.length, other.algorithm.length, (await subtle.exportKey("raw", other)).byteLength], [512, 128, 16]);
});

test("the error for an unsupported algorithm contains method and name", async () => {
  const key = await subtle.importKey("raw", bytes("key"), hmac, false, ["verify"]);
  const calls = {
    "crypto.subtle.encrypt does not support HMAC: supported are RSA-OAEP": subtle.encrypt("HMAC", key, bytes("")),
    "crypto.subtle.importKey does not support Ed448": subtle.importKey("raw", bytes("x"), "Ed448", false, ["verify"]),
    "crypto.subtle.deriveBits does not support AES-GCM": subtle.deriveBits("AES-GCM", key),
    "crypto.subtle.wrapKey does not support ECDSA": subtle.wrapKey("raw", key, key, "ECDSA"),
    'the curve "P-224"': subtle.importKey("spki", bytes("x"), { name: "ECDSA", namedCurve: "P-224" }, false, ["verify"]),
    "does not support MD5": subtle.importKey("raw", bytes("k"), { name: "HMAC", hash: "MD5" }, false, ["sign"]),
  };
  for (const [words, call] of Object.entries(calls)) await rejects(call, "NotSupportedError", words);
});

test("invalid arguments are refused as Web IDL requires", async () => {
  const key = await subtle.importKey("raw", bytes("key"), hmac, true, ["sign"]);
  const calls = {
    "expects 3 arguments, but got 1": subtle.encrypt({ name: "AES-GCM" }),
    '"pem" is not a format': subtle.exportKey("pem", key),
    '"seal" is not a usage': subtle.importKey("raw", bytes("key"), hmac, true, ["seal"]),
    "The usages of a key must be an array": subtle.generateKey(hmac, true, 1),
    "must be a CryptoKey": subtle.exportKey("raw", Object.create(CryptoKey.prototype)),
    "must be an ArrayBuffer": subtle.sign("HMAC", key, new SharedArrayBuffer(1)),
    "must be an object": subtle.importKey("jwk", bytes("key"), hmac, true, ["sign"]),
    "must be a number from 0 to 4294967295": subtle.generateKey({ ...hmac, length: -1 }, true, ["sign"]),
    "needs the member hash": subtle.generateKey("HMAC", true, ["sign"]),
    "must be a Uint8Array": subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256", modulusLength: 2048, publicExponent: [1, 0, 1] }, true, ["sign"]),
  };
  for (const [words, call] of Object.entries(calls)) await rejects(call, "TypeError", words);
});

test("invalid keys are refused", async () => {
  const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, ec = { name: "ECDSA", namedCurve: "P-256" };
  for (const algorithm of [rsa, ec, "Ed25519"]) {
    await rejects(subtle.importKey("spki", bytes("x"), algorithm, false, ["verify"]), "DataError", "in the format spki");
    await rejects(subtle.importKey("pkcs8", bytes("x"), algorithm, false, ["sign"]), "DataError", "in the format pkcs8");
  }
  await rejects(subtle.importKey("jwk", { kty: "RSA", n: "AQAB", e: "AQAB" }, rsa, false, ["verify"]), "DataError", "1024 to 16384");
  await rejects(subtle.importKey("jwk", { kty: "RSA", n: "AQAB", e: "AA" }, rsa, false, ["verify"]), "DataError", "not valid");
  await rejects(subtle.importKey("jwk", { kty: "EC", crv: "P-256", x: "AQ", y: "AQ" }, ec, false, ["verify"]), "DataError", "32 bytes");
  await rejects(subtle.importKey("jwk", { kty: "EC", crv: "P-384", x: "AQ", y: "AQ" }, ec, false, ["verify"]), "DataError", "crv");
  const zero = "A".repeat(43);
  await rejects(subtle.importKey("jwk", { kty: "EC", crv: "P-256", x: zero, y: zero }, ec, false, ["verify"]), "DataError", "not a point");
  await rejects(subtle.importKey("spki", bytes("x"), ec, false, ["sign"]), "SyntaxError", "sign");
});

test("the attributes of a key are always the same objects, and changes of them have no effect", async () => {
  const key = await subtle.importKey("raw", bytes("key"), hmac, true, ["sign"]);
  ok(key.algorithm === key.algorithm && key.usages === key.usages, "the objects must be the same");
  const mac = hex(await subtle.sign("HMAC", key, bytes("m")));
  key.algorithm.hash.name = "SHA-1";
  key.algorithm.name = "AES-GCM";
  key.usages.push("verify");
  equal(hex(await subtle.sign("HMAC", key, bytes("m"))), mac);
  await rejects(subtle.verify("HMAC", key, bytes("m"), bytes("m")), "InvalidAccessError", "verify");
});

test("a key can be cloned with its attributes, and is not readable in the clone", async () => {
  for (const [algorithm, usages] of [[hmac, ["sign"]], [{ name: "ECDSA", namedCurve: "P-256" }, ["sign", "verify"]], [{ name: "AES-GCM", length: 256 }, ["encrypt"]]]) {
    const made = await subtle.generateKey(algorithm, false, usages);
    for (const key of made instanceof CryptoKey ? [made] : [made.publicKey, made.privateKey]) {
      const [copy, again] = structuredClone([key, key]);
      ok(copy instanceof CryptoKey && copy !== key && copy === again, "the clone must be one other CryptoKey");
      equal([copy.type, copy.extractable, copy.algorithm, copy.usages], [key.type, key.extractable, key.algorithm, key.usages]);
      equal(Object.keys(copy), []);
    }
  }
  const key = await subtle.importKey("raw", bytes("k"), hmac, false, ["sign", "verify"]);
  equal(hex(await subtle.sign("HMAC", structuredClone(key), bytes("m"))), hex(await subtle.sign("HMAC", key, bytes("m"))));
  ok(!(structuredClone(Object.create(CryptoKey.prototype)) instanceof CryptoKey), "an object that is not a key must be cloned as a plain object");
});

test("a script that changes built-in objects does not get the secret of a key", async () => {
  const seen = [], iterator = Array.prototype[Symbol.iterator], OriginalPromise = Promise;
  const key = await subtle.importKey("raw", bytes("secret"), "PBKDF2", false, ["deriveKey"]);
  const record = (value) => (value instanceof ArrayBuffer || Array.isArray(value)) && seen.push(value);
  for (const { prototype } of [ArrayBuffer, Array]) Object.defineProperty(prototype, "then", { configurable: true, get() { record(this); } });
  Array.prototype[Symbol.iterator] = function () {
    record(this);
    return iterator.call(this);
  };
  globalThis.Promise = class extends OriginalPromise {
    constructor(run) {
      super((resolve, reject) => run((value) => (record(value), resolve(value)), reject));
    }
  };
  try {
    const made = await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt"]);
    await subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(1), iterations: 1 }, key, { name: "AES-CBC", length: 128 }, false, ["encrypt"]);
    structuredClone(made);
  } finally {
    globalThis.Promise = OriginalPromise;
    Array.prototype[Symbol.iterator] = iterator;
    delete ArrayBuffer.prototype.then;
    delete Array.prototype.then;
  }
  ok(!seen.some((value) => value instanceof ArrayBuffer || value.some((part) => part instanceof ArrayBuffer && part.byteLength > 0)), "no secret must be seen");
});

test("keys are derived, wrapped and unwrapped", async () => {
  const password = await subtle.importKey("raw", bytes("password"), "PBKDF2", false, ["deriveKey", "deriveBits"]);
  const pbkdf2 = { name: "PBKDF2", hash: "SHA-1", salt: bytes("salt"), iterations: 2 };
  equal(hex(await subtle.deriveBits(pbkdf2, password, 160)), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"); // RFC 6070, section 2
  const wrapping = await subtle.deriveKey(pbkdf2, password, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
  const { privateKey } = await subtle.generateKey({ name: "ECDH", namedCurve: "P-384" }, true, ["deriveBits"]);
  for (const format of ["pkcs8", "jwk"]) {
    const gcm = { name: "AES-GCM", iv: new Uint8Array(12) };
    const wrapped = await subtle.wrapKey(format, privateKey, wrapping, gcm);
    const unwrapped = await subtle.unwrapKey(format, wrapped, wrapping, gcm, { name: "ECDH", namedCurve: "P-384" }, true, ["deriveBits"]);
    equal(await subtle.exportKey("jwk", unwrapped), await subtle.exportKey("jwk", privateKey));
  }
  await rejects(subtle.wrapKey("raw", wrapping, wrapping, { name: "AES-GCM", iv: new Uint8Array(12) }), "InvalidAccessError", "not extractable");
});

test("timingSafeEqual", () => {
  for (const compare of [crypto.timingSafeEqual, subtle.timingSafeEqual]) {
    equal([compare(bytes("abc"), bytes("abc")), compare(bytes("abc").buffer, bytes("abd")), compare(bytes(""), bytes(""))], [true, false, true]);
    throws(() => compare(bytes("abc"), bytes("ab")), "TypeError", "the same length");
    throws(() => compare("abc", "abc"), "TypeError", "ArrayBuffer");
  }
});
