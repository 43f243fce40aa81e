import { applyPatch, compare, deepClone, escapePathComponent, generate, observe, validate } from "fast-json-patch";
import { equal, fails, run } from "../check";

run({
  "patches are applied"() {
    const patched = applyPatch({ users: ["ann"], old: 1 }, [{ op: "add", path: "/users/-", value: "bob" }, { op: "remove", path: "/old" }, { op: "move", from: "/users/0", path: "/first" }, { op: "test", path: "/first", value: "ann" }]);
    equal(patched.newDocument, { users: ["bob"], first: "ann" } as any);
  },
  "documents are compared"() {
    const before = { a: { b: [1, 2, 3] }, "x/y": 1 }, after = { a: { b: [1, 3], c: "d" }, "x/y": 2 };
    equal(applyPatch(deepClone(before), compare(before, after)).newDocument, after);
    equal(escapePathComponent("x/y~"), "x~1y~0");
  },
  "changes are observed"() {
    const document: any = { list: [1] }, observer = observe<object>(document);
    document.list.push(2);
    document.name = "ann";
    equal(generate(observer), [{ op: "add", path: "/list/1", value: 2 }, { op: "add", path: "/name", value: "ann" }]);
  },
  async "faults are found"() {
    equal(validate([{ op: "replace", path: "/no", value: 1 }], {})!.name, "OPERATION_PATH_UNRESOLVABLE");
    await fails(() => applyPatch({ a: 1 }, [{ op: "test", path: "/a", value: 2 }]), "Test operation failed");
    await fails(() => applyPatch({}, [{ op: "add", path: "/__proto__/x", value: 1 }]), "__proto__");
  },
});
