// Two clients edit a document, and a third one loads it, with the provider of y-websocket.
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { assert, done, socketURL, until, WebSocket } from "../client.mjs";

class Client {
  doc = new Y.Doc();
  text = this.doc.getText("text");
  provider = new WebsocketProvider(socketURL, "document", this.doc, { WebSocketPolyfill: WebSocket, disableBc: true });
  awareness = this.provider.awareness;
}

const ann = new Client();
ann.text.insert(0, "hello");
await until(() => ann.provider.synced);
const bob = new Client();
await until(() => bob.text.toString() === "hello");
bob.text.insert(5, " world");
ann.text.insert(0, "> ");
ann.doc.getMap("map").set("list", Y.Array.from([1, 2]));
await until(() => ann.text.toString() === "> hello world" && bob.text.toString() === "> hello world" && bob.doc.getMap("map").get("list"));
assert.deepEqual(ann.doc.toJSON(), bob.doc.toJSON());

ann.awareness.setLocalState({ name: "ann", cursor: 3 });
bob.awareness.setLocalState({ name: "bob" });
await until(() => ann.awareness.getStates().size === 2 && bob.awareness.getStates().get(ann.doc.clientID)?.cursor === 3);
bob.provider.destroy();
await until(() => ann.awareness.getStates().size === 1);

const late = new Client();
await until(() => late.text.toString() === "> hello world" && late.awareness.getStates().get(ann.doc.clientID)?.name === "ann");
done();
