import { applyPatches, createDraft, current, enableMapSet, enablePatches, finishDraft, produce, produceWithPatches } from "immer";
import { equal, fails, holds, run } from "../check";

enablePatches();
enableMapSet();

run({
  async "changes make a new state with shared parts, which is frozen"() {
    const before = { users: [{ name: "ann" }, { name: "bob" }], other: { a: 1 } };
    const after = produce(before, (draft) => { draft.users[1].name = "eve"; draft.users.push({ name: "joe" }); });
    equal([before.users[1].name, after.users.map((user) => user.name)], ["bob", ["ann", "eve", "joe"]]);
    holds(before.other === after.other && before.users[0] === after.users[0], "shared parts");
    await fails(() => { "use strict"; after.users.push({ name: "x" }); }, "extensible");
    holds(produce(before, () => {}) === before, "the same state without changes");
  },
  "patches"() {
    const [next, patches, inverse] = produceWithPatches({ list: [1, 2, 3], name: "a" }, (draft) => { draft.list.splice(0, 1); draft.name = "b"; });
    equal(applyPatches({ list: [1, 2, 3], name: "a" }, patches), next);
    equal(applyPatches(next, inverse), { list: [1, 2, 3], name: "a" });
  },
  "maps and sets"() {
    const base = new Map([["a", new Set([1])]]);
    const next = produce(base, (draft) => { draft.get("a")!.add(2); draft.set("b", new Set()); });
    equal([[...base.get("a")!], [...next.get("a")!], [...next.keys()]], [[1], [1, 2], ["a", "b"]]);
  },
  "drafts outside of produce"() {
    const draft = createDraft({ n: 1, deep: { a: [1] } });
    draft.deep.a.push(2);
    equal(current(draft), { n: 1, deep: { a: [1, 2] } });
    equal(finishDraft(draft), { n: 1, deep: { a: [1, 2] } });
  },
});
