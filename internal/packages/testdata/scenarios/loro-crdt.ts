import { LoroDoc, LoroList, LoroMap } from "loro-crdt/base64";
import { equal, run } from "../check";

run({
  "documents merge"() {
    const a = new LoroDoc(), b = new LoroDoc();
    a.getText("text").insert(0, "hello");
    a.getMap("map").setContainer("list", new LoroList()).push(1);
    b.import(a.export({ mode: "snapshot" }));
    b.getText("text").insert(5, " world");
    a.getText("text").insert(0, "> ");
    a.import(b.export({ mode: "update", from: a.version() }));
    b.import(a.export({ mode: "update", from: b.version() }));
    equal([a.toJSON(), b.toJSON()], [{ text: "> hello world", map: { list: [1] } }, { text: "> hello world", map: { list: [1] } }]);
  },
  async "changes are observed"() {
    const doc = new LoroDoc(), events: string[] = [];
    doc.subscribe((event) => events.push(event.by));
    doc.getList("list").insertContainer(0, new LoroMap()).set("a", 1);
    doc.commit();
    await null;
    equal(events, ["local"]);
  },
});
