import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020";
import { equal, fails, run } from "../check";

const schema = { type: "object", properties: { name: { type: "string", minLength: 1 }, age: { type: "integer", minimum: 0 }, tags: { type: "array", items: { enum: ["a", "b"] }, uniqueItems: true } }, required: ["name"], additionalProperties: false };

run({
  "schemas are compiled with new Function"() {
    const validate = new Ajv({ allErrors: true }).compile(schema);
    equal(validate({ name: "ann", age: 3, tags: ["a"] }), true);
    equal(validate({ name: "", age: 1.5, tags: ["a", "a"], more: 1 }), false);
    equal(validate.errors!.map(({ instancePath, message }) => [instancePath, message]), [["", "must NOT have additional properties"], ["/name", "must NOT have fewer than 1 characters"], ["/age", "must be integer"], ["/tags", "must NOT have duplicate items (items ## 0 and 1 are identical)"]]);
  },
  "defaults, coercion, references, formats"() {
    const ajv = new Ajv({ useDefaults: true, coerceTypes: true, formats: { even: { type: "number", validate: (n: number) => n % 2 === 0 } } });
    const validate = ajv.addSchema({ $id: "count", type: "number", format: "even" }).compile({ type: "object", properties: { n: { $ref: "count" }, role: { type: "string", default: "user" } } });
    const value: any = { n: "4" };
    equal([validate(value), value], [true, { n: 4, role: "user" }]);
    equal(validate({ n: 5 }), false);
  },
  async "asynchronous keywords"() {
    const ajv = new Ajv();
    ajv.addKeyword({ keyword: "free", async: true, type: "string", validate: async (_: unknown, name: string) => name !== "taken" });
    const validate: any = ajv.compile({ $async: true, type: "string", free: true } as any);
    equal(await validate("free"), "free");
    await fails(() => validate("taken"), "validation failed");
  },
  "draft 2020-12"() {
    equal(new Ajv2020().validate({ type: "array", prefixItems: [{ type: "string" }, { type: "number" }], minItems: 2, items: false }, ["a", 1, 2]), false);
  },
});
