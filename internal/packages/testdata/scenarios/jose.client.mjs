// The tokens are made with Node's own cryptography.
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { assert, done, expect, open, refused } from "../client.mjs";

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const token = (header, signature) => {
  const data = `${encode(header)}.${encode({ sub: "ann" })}`;
  return `${data}.${signature(Buffer.from(data)).toString("base64url")}`;
};
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const byRSA = (data) => sign("sha256", data, rsa.privateKey);
const byEC = (data) => sign("sha256", data, { key: ec.privateKey, dsaEncoding: "ieee-p1363" });
const byHMAC = (data) => createHmac("sha256", "a secret that is long enough for 512 bits, which HS512 requires.").update(data).digest();
const pem = ({ publicKey }) => publicKey.export({ type: "spki", format: "pem" });
const jwk = ({ publicKey }, more) => ({ ...publicKey.export({ format: "jwk" }), ...more });

await expect("/", 200, "ok", { method: "PUT", body: JSON.stringify({ RS256: pem(rsa), ES256: pem(ec), jwks: { keys: [jwk(rsa, { kid: "r", alg: "RS256" }), jwk(ec, { kid: "e", alg: "ES256" })] } }) });

for (const good of [token({ alg: "HS256" }, byHMAC), token({ alg: "RS256" }, byRSA), token({ alg: "ES256" }, byEC), token({ alg: "RS256", kid: "r" }, byRSA), token({ alg: "ES256", kid: "e" }, byEC)]) {
  const socket = await open("/", ["chat", good]);
  assert.equal(socket.protocol, "chat");
  assert.equal(await socket.next(), "welcome ann");
  const [header, payload, signature] = good.split(".");
  for (const bad of [`${header}.${encode({ sub: "eve" })}.${signature}`, `${header}.${payload}.${Buffer.alloc(signature.length * 3 >> 2).toString("base64url")}`]) {
    assert.deepEqual(await refused("/", ["chat", bad]), [401, "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"]);
  }
}
done();
