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
  await rejects(subtle.verify("ECDSA", key, bytes(""), bytes("")), "InvalidAccessError", "not for ECDSA");
  await rejects(subtle.verify("HMAC", {}, bytes(""), bytes("")), "TypeError", "CryptoKey");
  throws(() => new CryptoKey(), "TypeError", "Illegal constructor");
  throws(() => structuredClone(key), "DataCloneError");
  const data = bytes("key"), copied = await subtle.importKey("raw", data, hmac, true, ["sign"]);
  data.fill(0);
  equal(hex(await subtle.exportKey("raw", copied)), "6b6579");
});

test("HMAC keys can be imported, exported and generated", async () => {
  const jwk = { kty: "oct", k: "a2V5", alg: "HS256", use: "sig", key_ops: ["sign", "verify"], ext: true };
  const key = await subtle.importKey("jwk", jwk, hmac, true, ["verify", "sign"]);
  equal(await subtle.exportKey("jwk", key), { kty: "oct", k: "a2V5", alg: "HS256", key_ops: ["sign", "verify"], ext: true });
  for (const [change, words] of [[{ kty: "RSA" }, "kty"], [{ alg: "HS512" }, "HS512"], [{ k: "*" }, "base64url"], [{ k: undefined }, "base64url"], [{ k: "" }, "at least one byte"], [{ use: "enc" }, "use"], [{ key_ops: ["sign"] }, "key_ops"], [{ ext: false }, "ext"]]) {
    const error = await rejects(subtle.importKey("jwk", { ...jwk, ...change }, hmac, true, ["verify"]), "DataError", words);
    ok(error instanceof DOMException, "the error must be a DOMException");
  }
  await rejects(subtle.importKey("jwk", bytes("x"), hmac, true, ["verify"]), "TypeError", "object");
  await rejects(subtle.importKey("raw", bytes(""), hmac, false, ["sign"]), "DataError", "byte");
  await rejects(subtle.importKey("raw", bytes("k"), hmac, false, []), "SyntaxError", "usage");
  await rejects(subtle.importKey("raw", bytes("k"), hmac, false, ["encrypt"]), "SyntaxError", "encrypt");
  await rejects(subtle.importKey("raw", bytes("k"), "HMAC", false, ["sign"]), "TypeMismatchError", "hash");
  await rejects(subtle.importKey("raw", bytes("k"), { name: "HMAC", hash: "MD5" }, false, ["sign"]), "NotSupportedError", "MD5");
  await rejects(subtle.importKey("pkcs8", bytes("k"), hmac, false, ["sign"]), "NotSupportedError", "pkcs8");
  const made = await subtle.generateKey(hmac, true, ["sign"]), other = await subtle.generateKey({ ...hmac, length: 128 }, true, ["sign"]);
  equal([made.algorithm.length, other.algorithm.length, (await subtle.exportKey("raw", other)).byteLength], [512, 128, 16]);
});

test("the error for an unsupported algorithm contains method and name", async () => {
  const calls = {
    "crypto.subtle.encrypt does not support AES-GCM": subtle.encrypt({ name: "AES-GCM" }),
    "crypto.subtle.importKey does not support Ed25519": subtle.importKey("raw", bytes("x"), "Ed25519", false, ["verify"]),
    "crypto.subtle.deriveBits does not support PBKDF2": subtle.deriveBits("PBKDF2"),
    "crypto.subtle.generateKey does not support ECDSA": subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]),
    "crypto.subtle.sign does not support RSASSA-PKCS1-v1_5": subtle.sign("rsassa-pkcs1-v1_5"),
    "crypto.subtle.wrapKey does not support AES-KW": subtle.wrapKey("raw", null, null, "AES-KW"),
    "Private keys of ECDSA": subtle.importKey("jwk", { kty: "EC", crv: "P-256", d: "x" }, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]),
    "Private keys of RSASSA-PKCS1-v1_5": subtle.importKey("pkcs8", bytes("x"), { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["sign"]),
    "The curve P-224": subtle.importKey("spki", bytes("x"), { name: "ECDSA", namedCurve: "P-224" }, false, ["verify"]),
  };
  for (const [words, call] of Object.entries(calls)) await rejects(call, "NotSupportedError", words);
});

test("invalid public keys are refused", async () => {
  const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, ec = { name: "ECDSA", namedCurve: "P-256" };
  await rejects(subtle.importKey("spki", bytes("x"), rsa, false, ["verify"]), "DataError", "SubjectPublicKeyInfo");
  await rejects(subtle.importKey("spki", bytes("x"), ec, false, ["verify"]), "DataError", "SubjectPublicKeyInfo");
  await rejects(subtle.importKey("jwk", { kty: "RSA", n: "AQAB", e: "AQAB" }, rsa, false, ["verify"]), "DataError", "at least 1024");
  await rejects(subtle.importKey("jwk", { kty: "RSA", n: "AQAB", e: "AA" }, rsa, false, ["verify"]), "DataError", "out of range");
  await rejects(subtle.importKey("jwk", { kty: "EC", crv: "P-256", x: "AQ", y: "AQ" }, ec, false, ["verify"]), "DataError", "32 bytes");
  await rejects(subtle.importKey("jwk", { kty: "EC", crv: "P-384", x: "AQ", y: "AQ" }, ec, false, ["verify"]), "DataError", "crv");
  const zero = "A".repeat(43);
  await rejects(subtle.importKey("jwk", { kty: "EC", crv: "P-256", x: zero, y: zero }, ec, false, ["verify"]), "DataError", "not a point");
  await rejects(subtle.importKey("spki", bytes("x"), ec, false, ["sign"]), "SyntaxError", "sign");
});

test("timingSafeEqual", () => {
  for (const compare of [crypto.timingSafeEqual, subtle.timingSafeEqual]) {
    equal([compare(bytes("abc"), bytes("abc")), compare(bytes("abc").buffer, bytes("abd")), compare(bytes(""), bytes(""))], [true, false, true]);
    throws(() => compare(bytes("abc"), bytes("ab")), "TypeError", "the same length");
    throws(() => compare("abc", "abc"), "TypeError", "ArrayBuffer");
  }
});
