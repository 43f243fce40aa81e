import * as Automerge from "automerge-3.5";
import { equal, run } from "../check";

run({
  "changes merge"() {
    const a = Automerge.from<any>({ cards: ["a"], text: "hello" }), b = Automerge.clone(a);
    const left = Automerge.change(a, (doc: any) => { doc.cards.push("b"); }), right = Automerge.change(b, (doc: any) => { doc.text = "bye"; });
    equal(JSON.parse(JSON.stringify(Automerge.merge(left, right))), { cards: ["a", "b"], text: "bye" });
  },
});
