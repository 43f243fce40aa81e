import { base64url, calculateJwkThumbprint, CompactEncrypt, compactDecrypt, CompactSign, compactVerify, createLocalJWKSet, createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, EncryptJWT, exportJWK, exportPKCS8, exportSPKI, generateKeyPair, generateSecret, importJWK, importPKCS8, importSPKI, jwtDecrypt, jwtVerify, SignJWT } from "jose";
import { equal, fails, holds, run } from "../check";

const secret = new TextEncoder().encode("a secret that is long enough for 512 bits, which HS512 requires.");
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const sign = (alg: string, key: any, claims = {}) => new SignJWT(claims).setProtectedHeader({ alg }).setSubject("ann").setIssuer("linger").setAudience("chat").setIssuedAt().setExpirationTime("1h").sign(key);

const checks: Record<string, () => unknown> = {
  async "claims are verified"() {
    const token = await sign("HS256", secret, { role: "admin" });
    equal((await jwtVerify(token, secret, { issuer: "linger", audience: "chat" })).payload.role, "admin");
    await fails(() => jwtVerify(token, secret, { audience: "other" }), 'unexpected "aud" claim value');
    await fails(() => jwtVerify(token, secret, { currentDate: new Date(Date.now() + 7200_000) }), '"exp" claim timestamp check failed');
    await fails(() => jwtVerify(token.slice(0, -3), secret), "signature verification failed");
    equal([decodeJwt(token).sub, decodeProtectedHeader(token).alg], ["ann", "HS256"]);
  },
  async "keys are imported and exported"() {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const token = await sign("ES256", await importPKCS8(await exportPKCS8(privateKey), "ES256"));
    equal((await jwtVerify(token, await importSPKI(await exportSPKI(publicKey), "ES256"))).payload.sub, "ann");
    const jwk = await exportJWK(privateKey);
    equal((await jwtVerify(await sign("ES256", await importJWK(jwk, "ES256")), publicKey)).payload.sub, "ann");
    holds((await calculateJwkThumbprint(jwk)).length === 43, "a thumbprint");
  },
  async "keys are found in a set"() {
    const { publicKey, privateKey } = await generateKeyPair("RS256"), keys = [{ ...(await exportJWK(publicKey)), kid: "r", alg: "RS256" }];
    const token = await new SignJWT({}).setProtectedHeader({ alg: "RS256", kid: "r" }).setSubject("ann").sign(privateKey);
    equal((await jwtVerify(token, createLocalJWKSet({ keys }))).payload.sub, "ann");
    const remote = createRemoteJWKSet(new URL("https://example.com/keys"), { [customFetch]: async () => Response.json({ keys }) });
    equal((await jwtVerify(token, remote)).payload.sub, "ann");
    await fails(() => jwtVerify(token, createLocalJWKSet({ keys: [] })), "no applicable key found");
  },
  async "tokens are encrypted with a secret"() {
    for (const enc of ["A256GCM", "A128CBC-HS256"]) {
      const key = await generateSecret(enc);
      const token = await new EncryptJWT({ card: "1234" }).setProtectedHeader({ alg: "dir", enc }).setExpirationTime("1h").encrypt(key);
      equal((await jwtDecrypt(token, key)).payload.card, "1234");
      await fails(() => jwtDecrypt(token.slice(0, -4) + "AAAA", key), "decryption operation failed");
    }
  },
  async "texts are signed and encrypted"() {
    const { publicKey, privateKey } = await generateKeyPair("Ed25519");
    const signed = await new CompactSign(new TextEncoder().encode("hello")).setProtectedHeader({ alg: "Ed25519" }).sign(privateKey);
    equal(text((await compactVerify(signed, publicKey)).payload), "hello");
    const password = new TextEncoder().encode("correct horse battery staple");
    const sealed = await new CompactEncrypt(new TextEncoder().encode("secret")).setProtectedHeader({ alg: "PBES2-HS256+A128KW", enc: "A128GCM" }).setKeyManagementParameters({ p2c: 1000 }).encrypt(password);
    equal(text((await compactDecrypt(sealed, password, { keyManagementAlgorithms: ["PBES2-HS256+A128KW"] })).plaintext), "secret");
  },
  "base64url"() {
    equal([base64url.encode("é"), text(base64url.decode("w6k"))], ["w6k", "é"]);
  },
};

for (const alg of ["HS256", "HS384", "HS512"]) checks[`signatures with ${alg}`] = async () => equal((await jwtVerify(await sign(alg, secret), secret)).payload.sub, "ann");
for (const alg of ["RS256", "RS512", "PS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"]) {
  checks[`signatures with ${alg}`] = async () => {
    const { publicKey, privateKey } = await generateKeyPair(alg), token = await sign(alg, privateKey);
    equal((await jwtVerify(token, publicKey)).payload.sub, "ann");
    const other = token.split(".").with(1, base64url.encode('{"sub":"eve"}')).join(".");
    await fails(() => jwtVerify(other, publicKey), "signature verification failed");
  };
}
for (const alg of ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW", "A128KW", "A256GCMKW"]) {
  checks[`encryption with ${alg}`] = async () => {
    const keys: any = /^A/.test(alg) ? await generateSecret(alg) : await generateKeyPair(alg, alg.startsWith("ECDH-ES+") ? { crv: "X25519" } : {});
    const token = await new EncryptJWT({ a: 1 }).setProtectedHeader({ alg, enc: "A256GCM" }).encrypt(keys.publicKey ?? keys);
    equal((await jwtDecrypt(token, keys.privateKey ?? keys)).payload.a, 1);
  };
}

// The token is a second subprotocol, because browsers cannot send it in another field.
addEventListener("websocketupgrade", async (event) => {
  const [protocol, token] = event.request.headers.get("sec-websocket-protocol")!.split(/, */);
  try {
    const { payload } = await jwtVerify(token, await keyOf(token));
    event.accept({ protocol, data: payload }).send(`welcome ${payload.sub}`);
  } catch (error: any) {
    event.respondWith(new Response(error.code ?? String(error), { status: 401 }));
  }
});

let keys: any;
addEventListener("fetch", (event) => {
  if (event.request.method !== "PUT") return;
  event.respondWith(event.request.json().then((value: any) => { keys = value; return new Response("ok"); }));
});

function keyOf(token: string): any {
  const { alg, kid } = decodeProtectedHeader(token);
  if (alg === "HS256") return secret;
  return kid ? createLocalJWKSet(keys.jwks) : importSPKI(keys[alg!], alg!);
}

run(checks);
