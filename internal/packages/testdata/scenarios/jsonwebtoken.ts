import jwt from "jsonwebtoken";
import { equal, holds, run } from "../check";

const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----`;
const publicKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9
q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
-----END PUBLIC KEY-----`;

const failure = (token: string, secret: string, options?: object) => {
  try {
    jwt.verify(token, secret, options);
    return "none";
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

run({
  "HS256"() {
    equal(jwt.sign({ sub: "ann", iat: 1 }, "secret"), "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJpYXQiOjF9.zX8jJAD-C-WMmgQPOQNieaJ0B9wPvu9LjiaObl4HZUk");
    const token = jwt.sign({ sub: "ann" }, "secret", { expiresIn: "1h", issuer: "me" });
    equal((jwt.verify(token, "secret", { issuer: "me" }) as { sub: string }).sub, "ann");
    equal(failure(token, "wrong"), "JsonWebTokenError: invalid signature");
    equal(failure(token, "secret", { issuer: "you" }), "JsonWebTokenError: jwt issuer invalid. expected: you");
    equal(failure(jwt.sign({ exp: 1 }, "secret"), "secret"), "TokenExpiredError: jwt expired");
    equal(failure("a.b", "secret"), "JsonWebTokenError: jwt malformed");
  },
  "ES256"() {
    const token = jwt.sign({ role: "admin" }, key, { algorithm: "ES256" });
    equal(jwt.decode(token, { complete: true })?.header.alg, "ES256");
    equal((jwt.verify(token, publicKey) as { role: string }).role, "admin");
    holds(failure(token.slice(0, -4) + "AAAA", publicKey).startsWith("JsonWebTokenError"), "a changed signature is refused");
  },
  async "callbacks"() {
    const token = await new Promise<string>((resolve, reject) => jwt.sign({ a: 1 }, "secret", {}, (error, value) => (error ? reject(error) : resolve(value!))));
    const payload = await new Promise<any>((resolve) => jwt.verify(token, "secret", (_, value) => resolve(value)));
    equal(payload.a, 1);
  },
});
