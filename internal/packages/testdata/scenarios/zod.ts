import { z } from "zod";
import { z as z3 } from "zod3";
import { equal, fails, holds, run } from "../check";

const Message = z.object({ room: z.string().min(1), text: z.string().max(10), sent: z.coerce.date().optional() });
const codes = (error: z.ZodError) => error.issues.map(({ path, code }) => [path.join("."), code]);

run({
  "4: objects are parsed, and unknown keys dropped"() {
    equal(Message.parse({ room: "r", text: "t", sent: "2026-01-01", more: 1 }), { room: "r", text: "t", sent: new Date("2026-01-01") });
  },
  "4: issues have paths and codes"() {
    equal(codes(Message.safeParse({ room: "", text: "far too long" }).error!), [["room", "too_small"], ["text", "too_big"]]);
    equal(codes(Message.safeParse({ room: 1 }).error!), [["room", "invalid_type"], ["text", "invalid_type"]]);
  },
  "4: formats"() {
    equal([z.email(), z.uuid(), z.url(), z.ipv4(), z.iso.datetime()].map((schema, i) =>
      schema.safeParse(["ann@example.com", "9b2e6f0a-3c1d-4e5f-8a7b-0c9d8e7f6a5b", "https://example.com/a", "10.0.0.1", "2026-01-01T00:00:00Z"][i]).success), [true, true, true, true, true]);
    equal([z.email(), z.uuid(), z.url(), z.ipv4(), z.iso.datetime()].map((schema) => schema.safeParse("no").success), [false, false, false, false, false]);
  },
  "4: unions, transforms, refinements, recursion"() {
    const Event = z.discriminatedUnion("type", [z.object({ type: z.literal("join"), room: z.string() }), z.object({ type: z.literal("leave") })]);
    equal(Event.parse({ type: "leave" }), { type: "leave" });
    equal(codes(Event.safeParse({ type: "other" }).error!), [["type", "invalid_union"]]);
    equal(z.string().transform(Number).pipe(z.number().int()).parse("12"), 12);
    equal(z.number().refine((n) => n % 2 === 0, "must be even").safeParse(3).error!.issues[0].message, "must be even");
    const Tree = z.object({ name: z.string(), get children() { return z.array(Tree); } });
    equal(Tree.parse({ name: "a", children: [{ name: "b", children: [] }] }).children[0].name, "b");
  },
  async "4: asynchronous refinements, codecs, JSON Schema"() {
    await fails(() => z.string().refine(async (s) => s === "a", "must be a").parseAsync("b"), "must be a");
    const date = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (value) => value.toISOString() });
    equal(z.encode(date, new Date(0)), "1970-01-01T00:00:00.000Z");
    equal(z.toJSONSchema(z.object({ a: z.number().optional() })).properties, { a: { type: "number" } });
    equal(z.prettifyError(z.object({ a: z.string() }).safeParse({ a: 1 }).error!), "✖ Invalid input: expected string, received number\n  → at a");
  },
  async "4: a form of a request"(request) {
    const Form = z.object({ name: z.string(), age: z.coerce.number() });
    equal(Form.parse(Object.fromEntries(new URL(`${request.url}?name=ann&age=7`).searchParams)), { name: "ann", age: 7 });
  },
  "3: objects, unions, errors"() {
    const User = z3.object({ name: z3.string().trim().min(1), roles: z3.set(z3.enum(["admin", "user"])).default(new Set()), id: z3.union([z3.number(), z3.bigint()]) }).strict();
    equal(User.parse({ name: " ann ", id: 1n }), { name: "ann", roles: new Set(), id: 1n });
    const failed = User.safeParse({ name: "", id: "x", more: 1 });
    equal(failed.error!.issues.map((issue) => issue.code), ["too_small", "invalid_union", "unrecognized_keys"]);
    holds(failed.error instanceof z3.ZodError && failed.error instanceof Error, "a ZodError");
    equal(failed.error!.flatten().fieldErrors.name, ["String must contain at least 1 character(s)"]);
  },
  async "3: preprocessing, brands, promises"() {
    equal(z3.preprocess((value) => String(value), z3.string().brand<"id">()).parse(5), "5");
    equal(await z3.string().transform(async (text) => text.length).parseAsync("four"), 4);
    await fails(() => z3.string().email().parse("no"), "Invalid email");
  },
});
