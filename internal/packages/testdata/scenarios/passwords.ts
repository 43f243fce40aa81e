import bcrypt from "bcryptjs";
import { generate, generateSecret, generateURI, verify } from "otplib";
import { equal, holds, run } from "../check";

run({
  async "bcryptjs"() {
    const hash = await bcrypt.hash("secret", 4);
    holds(/^\$2b\$04\$/.test(hash), "a bcrypt hash");
    equal([await bcrypt.compare("secret", hash), await bcrypt.compare("wrong", hash)], [true, false]);
    equal(bcrypt.compareSync("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"), true);
  },
  async "otplib"() {
    const secret = generateSecret(), token = await generate({ secret });
    holds(/^\d{6}$/.test(token), "six digits");
    equal((await verify({ secret, token })).valid, true);
    equal((await verify({ secret, token: token === "000000" ? "000001" : "000000" })).valid, false);
    equal(await generate({ secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", epoch: 59, digits: 8 }), "94287082");
    holds(generateURI({ issuer: "Linger", label: "ann", secret }).startsWith("otpauth://totp/Linger:ann?secret="), "a URI");
  },
});
