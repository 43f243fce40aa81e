// Two clients edit a document. They speak the protocol of y-websocket.
import { createDecoder, readVarUint, readVarUint8Array } from "lib0/decoding";
import { createEncoder, length, toUint8Array, writeVarUint, writeVarUint8Array } from "lib0/encoding";
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import { readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import * as Y from "yjs";
import { assert, done, socketURL, until, WebSocket } from "../client.mjs";

const SYNC = 0, AWARENESS = 1;

class Client {
  doc = new Y.Doc();
  awareness = new Awareness(this.doc);
  text = this.doc.getText("text");

  constructor() {
    this.socket = new WebSocket(socketURL);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.send(SYNC, (encoder) => writeSyncStep1(encoder, this.doc));
      this.doc.on("update", (update, origin) => origin !== this && this.send(SYNC, (encoder) => writeUpdate(encoder, update)));
      this.awareness.on("update", (_, origin) => origin === "local" && this.send(AWARENESS, (encoder) => writeVarUint8Array(encoder, encodeAwarenessUpdate(this.awareness, [this.doc.clientID]))));
    };
    this.socket.onmessage = ({ data }) => {
      const decoder = createDecoder(new Uint8Array(data));
      if (readVarUint(decoder) === AWARENESS) return applyAwarenessUpdate(this.awareness, readVarUint8Array(decoder), this);
      const reply = createEncoder();
      writeVarUint(reply, SYNC);
      readSyncMessage(decoder, reply, this.doc, this);
      if (length(reply) > 1) this.socket.send(toUint8Array(reply));
    };
  }

  send(type, write) {
    const encoder = createEncoder();
    writeVarUint(encoder, type);
    write(encoder);
    this.socket.send(toUint8Array(encoder));
  }
}

const ann = new Client();
ann.text.insert(0, "hello");
await until(() => ann.socket.readyState === WebSocket.OPEN);
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
bob.socket.close();
await until(() => ann.awareness.getStates().size === 1);

const late = new Client();
await until(() => late.text.toString() === "> hello world" && late.awareness.getStates().get(ann.doc.clientID)?.name === "ann");
done();
