import * as Automerge from "@automerge/automerge";
import { assert, done, open, until } from "../client.mjs";

class Client {
  doc = Automerge.init();
  state = Automerge.initSyncState();

  static async connect() {
    const client = new Client();
    client.socket = await open("/");
    client.socket.on("message", (data) => {
      [client.doc, client.state] = Automerge.receiveSyncMessage(client.doc, client.state, new Uint8Array(data));
      client.sync();
    });
    client.sync();
    return client;
  }

  sync() {
    const [state, message] = Automerge.generateSyncMessage(this.doc, this.state);
    this.state = state;
    if (message) this.socket.send(message);
  }

  change(edit) {
    this.doc = Automerge.change(this.doc, edit);
    this.sync();
  }
}

const ann = await Client.connect(), bob = await Client.connect();
await until(() => ann.doc.text === "hello" && bob.doc.cards?.length === 1);
ann.change((doc) => { Automerge.splice(doc, ["text"], 5, 0, " world"); doc.likes.increment(1); });
bob.change((doc) => { doc.cards.push({ title: "b" }); doc.likes.increment(1); });
await until(() => [ann, bob].every(({ doc }) => doc.text === "hello world" && doc.cards.length === 2 && doc.likes.value === 2));
assert.deepEqual(ann.doc, bob.doc);
done();
