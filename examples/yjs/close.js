// A Yjs server that keeps documents, connections and present users in variables, like servers for Node.
//
//   npm ci && linger run --watch close.js
//
// Because of reload: "close" a reload closes the connections. The clients connect to the new version and send it the
// document. Run it with one worker, because documents are not shared between workers.
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import * as awareness from "y-protocols/awareness";
import * as sync from "y-protocols/sync";
import * as Y from "yjs";
import { AWARENESS, documentOf, message, parse, QUERY_AWARENESS, SYNC } from "./protocol.js";

/** @typedef {{ source: WebSocketConnection<string>, users: Set<number> }} Member */

class Document {
  doc = new Y.Doc();
  users = new awareness.Awareness(this.doc);
  /** @type {Map<unknown, Member>} */
  connections = new Map(); // by id

  constructor() {
    this.users.setLocalState(null); // the server is not a user
    this.doc.on("update", (/** @type {Uint8Array} */ update) => this.broadcast(message(SYNC, (encoder) => sync.writeUpdate(encoder, update))));
    this.users.on("update", (/** @type {Record<string, number[]>} */ { added, updated, removed }, /** @type {unknown} */ id) => {
      const { users } = this.connections.get(id) ?? {};
      for (const user of [...added, ...updated]) users?.add(user);
      this.broadcast(this.present([...added, ...updated, ...removed]));
    });
  }

  /** @param {Uint8Array} bytes */
  broadcast(bytes) {
    for (const { source } of this.connections.values()) source.send(bytes);
  }

  present(users = [...this.users.getStates().keys()]) {
    const update = awareness.encodeAwarenessUpdate(this.users, users);
    return message(AWARENESS, (encoder) => encoding.writeVarUint8Array(encoder, update));
  }

  /** @param {WebSocketConnection<string>} source */
  join(source) {
    this.connections.set(source.id, { source, users: new Set() });
    source.send(message(SYNC, (encoder) => sync.writeSyncStep1(encoder, this.doc)));
    source.send(this.present());
  }

  /** @param {WebSocketConnection<string>} source */
  leave(source) {
    const { users = [] } = this.connections.get(source.id) ?? {};
    this.connections.delete(source.id);
    awareness.removeAwarenessStates(this.users, [...users], source.id);
  }

  /** @param {WebSocketConnection<string>} source @param {ReturnType<typeof parse>} message */
  receive(source, [type, decoder]) {
    if (type === SYNC) {
      const reply = encoding.createEncoder();
      encoding.writeVarUint(reply, SYNC);
      sync.readSyncMessage(decoder, reply, this.doc, source.id);
      if (encoding.length(reply) > 1) source.send(encoding.toUint8Array(reply));
    }
    if (type === AWARENESS) awareness.applyAwarenessUpdate(this.users, decoding.readVarUint8Array(decoder), source.id);
    if (type === QUERY_AWARENESS) source.send(this.present());
  }

  destroy() {
    this.users.destroy(); // stops its timer
    this.doc.destroy();
  }
}

/** @type {Map<string, Document>} */
const documents = new Map();

addEventListener("websocketupgrade", (event) => {
  const name = documentOf(event.request);
  const document = documents.get(name) ?? new Document();
  documents.set(name, document);
  document.join(event.accept({ reload: "close", data: name }));
});

addEventListener("websocketmessage", ({ source, data }) => documents.get(source.data)?.receive(source, parse(data)));

addEventListener("websocketclose", ({ source }) => {
  const document = documents.get(source.data);
  if (!document?.connections.has(source.id)) return; // the connection is from an engine that has failed
  document.leave(source);
  if (document.connections.size > 0) return;
  documents.delete(source.data);
  document.destroy();
});
