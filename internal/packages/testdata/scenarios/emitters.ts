import { EventEmitter } from "eventemitter3";
import mitt from "mitt";
import { equal, run } from "../check";

run({
  "mitt"() {
    const emitter = mitt<{ join: { name: string }; leave: undefined }>(), seen: unknown[] = [];
    const listener = ({ name }: { name: string }) => seen.push(name);
    emitter.on("*", (type) => seen.push(type));
    emitter.on("join", listener);
    emitter.emit("join", { name: "ann" });
    emitter.off("join", listener);
    emitter.emit("join", { name: "bob" });
    emitter.emit("leave");
    equal(seen, ["ann", "join", "join", "leave"]);
  },
  "eventemitter3"() {
    const emitter = new EventEmitter<{ a: [number, string]; b: [] }>(), seen: unknown[] = [];
    emitter.once("a", (...values) => seen.push(values));
    emitter.on("b", function (this: any) { seen.push(this.name); }, { name: "context" });
    equal([emitter.emit("a", 1, "x"), emitter.emit("a", 2, "y"), emitter.emit("b")], [true, false, true]);
    equal([seen, emitter.listenerCount("b"), emitter.eventNames()], [[[1, "x"], "context"], 1, ["b"]]);
    emitter.removeAllListeners();
    equal(emitter.emit("b"), false);
  },
});
