// Two clients edit a document with the provider of y-partyserver, and the object sleeps between their changes.
import YProvider from "y-partyserver/provider";
import * as Y from "yjs";
import { assert, done, slept, until, url, WebSocket } from "../client.mjs";

class Client {
  doc = new Y.Doc();
  text = this.doc.getText("text");
  map = this.doc.getMap("map");
  #answers = [];

  constructor(params) {
    this.provider = new YProvider(new URL(url).host, "notes", this.doc, { party: "document", params, WebSocketPolyfill: WebSocket, disableBc: true });
    this.provider.on("custom-message", (message) => this.#answers.push(message));
    this.awareness = this.provider.awareness;
  }

  async next() {
    await until(() => this.#answers.length);
    return this.#answers.shift();
  }

  ask(message) {
    this.provider.sendMessage(message);
    return this.next();
  }
}

const ann = new Client();
ann.text.insert(0, "hello");
await until(() => ann.provider.synced);
const bob = new Client();
await until(() => bob.text.toString() === "hello");
bob.text.insert(5, " world");
ann.text.insert(0, "> ");
ann.map.set("list", Y.Array.from([1, 2]));
await until(() => ann.text.toString() === "> hello world" && bob.text.toString() === "> hello world" && bob.map.get("list"));
assert.deepEqual(ann.doc.toJSON(), bob.doc.toJSON());

ann.awareness.setLocalState({ name: "ann", cursor: 3 });
bob.awareness.setLocalState({ name: "bob" });
await until(() => ann.awareness.getStates().size === 2 && bob.awareness.getStates().get(ann.doc.clientID)?.cursor === 3);
ann.provider.sendMessage("to the others");
assert.equal(await bob.next(), "to the others");

/** Waits until the storage of the object has a text. */
async function stored(text) {
  const path = `${url}/parties/document/notes`;
  while ((await (await fetch(path)).text()) !== text) await new Promise((done) => setTimeout(done, 10));
}

// The object sleeps, and loads the document again.
await stored("> hello world");
await slept(() => ann.ask("starts"));
bob.text.insert(13, "!");
await until(() => ann.text.toString() === "> hello world!");
ann.text.delete(0, 2);
await until(() => bob.text.toString() === "hello world!");
ann.awareness.setLocalStateField("cursor", 5);
await until(() => bob.awareness.getStates().get(ann.doc.clientID)?.cursor === 5);

// A client that may only read, and one that comes late.
const reader = new Client({ read: "" });
await until(() => reader.text.toString() === "hello world!");
reader.text.insert(0, "not ");
bob.provider.destroy();
await until(() => !ann.awareness.getStates().has(bob.doc.clientID));
const late = new Client();
await until(() => late.text.toString() === "hello world!");
ann.awareness.setLocalStateField("cursor", 6);
await until(() => late.awareness.getStates().get(ann.doc.clientID)?.cursor === 6);
await stored("hello world!");
assert.equal(await (await fetch(`${url}/parties/document/notes`)).text(), "hello world!");
assert.deepEqual(late.doc.toJSON(), ann.doc.toJSON());
done();
