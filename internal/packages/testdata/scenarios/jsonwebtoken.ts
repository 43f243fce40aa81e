import { Buffer } from "node:buffer";
import { jwtVerify } from "jose";
import jwt from "jsonwebtoken";
import { equal, fails, run } from "../check";

const pem = async (label: string, format: "pkcs8" | "spki", key: CryptoKey) =>
  `-----BEGIN ${label}-----\n${Buffer.from(await crypto.subtle.exportKey(format, key)).toString("base64")}\n-----END ${label}-----`;

run({
  async "tokens with a secret"() {
    for (const algorithm of ["HS256", "HS384", "HS512"]) {
      const token = jwt.sign({ role: "admin" }, "secret", { algorithm, subject: "ann", audience: "chat", expiresIn: "1h" });
      equal(jwt.verify(token, "secret", { audience: "chat" }).role, "admin");
      await fails(() => jwt.verify(token, "wrong"), "invalid signature");
      await fails(() => jwt.verify(token, "secret", { audience: "other" }), "jwt audience invalid");
    }
    const old = jwt.sign({ exp: 5 }, "secret");
    await fails(() => jwt.verify(old, "secret"), "jwt expired");
    equal(jwt.decode(old, { complete: true }).header, { alg: "HS256", typ: "JWT" });
    await fails(() => jwt.verify("nonsense", "secret"), "jwt malformed");
    await fails(() => jwt.verify(jwt.sign({}, "", { algorithm: "none" }), "secret"), "jwt signature is required");
  },
  async "callbacks and buffers"() {
    const token = await new Promise<string>((resolve, reject) => jwt.sign({ a: 1 }, Buffer.from("secret"), (error: Error, token: string) => (error ? reject(error) : resolve(token))));
    equal(await new Promise((resolve) => jwt.verify(token, (_: unknown, found: (error: null, key: string) => void) => found(null, "secret"), (_: Error, payload: any) => resolve(payload.a))), 1);
  },
  async "tokens with keys, which jose verifies"() {
    const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
    for (const [algorithm, parameters] of [["RS256", { name: "RSASSA-PKCS1-v1_5", ...rsa }], ["ES256", { name: "ECDSA", namedCurve: "P-256" }]] as const) {
      const { publicKey, privateKey } = await crypto.subtle.generateKey(parameters, true, ["sign", "verify"]) as CryptoKeyPair;
      const token = jwt.sign({ a: 1 }, await pem("PRIVATE KEY", "pkcs8", privateKey), { algorithm });
      equal(jwt.verify(token, await pem("PUBLIC KEY", "spki", publicKey)).a, 1);
      equal((await jwtVerify(token, publicKey)).payload.a, 1);
    }
  },
});
