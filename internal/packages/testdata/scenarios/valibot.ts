import * as v from "valibot";
import { equal, fails, run } from "../check";

const Login = v.object({ email: v.pipe(v.string(), v.trim(), v.email()), password: v.pipe(v.string(), v.minLength(8)), remember: v.optional(v.boolean(), false) });

run({
  "objects, defaults and pipes"() {
    equal(v.parse(Login, { email: " ann@example.com ", password: "12345678" }), { email: "ann@example.com", password: "12345678", remember: false });
    equal(v.is(Login, { email: "no" }), false);
  },
  "issues are flattened"() {
    const { issues, success } = v.safeParse(Login, { email: "no", password: "short" });
    equal(success, false);
    equal(v.flatten(issues!).nested, { email: ["Invalid email: Received \"no\""], password: ["Invalid length: Expected >=8 but received 5"] });
  },
  "variants, tuples, maps, bigints"() {
    const Event = v.variant("type", [v.object({ type: v.literal("a"), n: v.bigint() }), v.object({ type: v.literal("b"), m: v.map(v.string(), v.date()) })]);
    equal(v.parse(Event, { type: "a", n: 5n }), { type: "a", n: 5n });
    equal(v.parse(Event, { type: "b", m: new Map([["x", new Date(0)]]) }), { type: "b", m: new Map([["x", new Date(0)]]) });
    equal(v.parse(v.tuple([v.number(), v.pipe(v.string(), v.transform(Number))]), [1, "2"]), [1, 2]);
  },
  async "asynchronous checks"() {
    const name = v.pipeAsync(v.string(), v.checkAsync(async (text) => text !== "taken", "the name is taken"));
    equal(await v.parseAsync(name, "free"), "free");
    await fails(() => v.parseAsync(name, "taken"), "the name is taken");
  },
});
