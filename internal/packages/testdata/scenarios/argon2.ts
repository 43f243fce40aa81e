import { Algorithm, hash, verify } from "@node-rs/argon2";
import { equal, fails, holds, run } from "../check";

run({
  async "passwords are hashed and verified"() {
    const hashed = await hash("correct horse");
    holds(hashed.startsWith("$argon2id$v=19$"), "a hash of Argon2id");
    equal([await verify(hashed, "correct horse"), await verify(hashed, "wrong")], [true, false]);
  },
  async "options and bytes"() {
    const hashed = await hash(Buffer.from([1, 2]), { algorithm: 1 as Algorithm, memoryCost: 1024, salt: Buffer.alloc(16), outputLen: 24 });
    holds(hashed.startsWith("$argon2i$v=19$m=1024"), "a hash of Argon2i with 1 MiB");
  },
  "errors": () => fails(() => verify("nonsense", "x"), "Decoding failed"),
});
