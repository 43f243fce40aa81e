import { createDecoder, readVarUint, readVarUint8Array } from "lib0/decoding";
import { createEncoder, length, toUint8Array, writeVarUint, writeVarUint8Array } from "lib0/encoding";
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import { readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import * as Y from "yjs";
import { equal, holds, run } from "../check";

const SYNC = 0, AWARENESS = 1;
const doc = new Y.Doc(), awareness = new Awareness(doc), users = new Map<string, Set<number>>();
awareness.setLocalState(null);

function message(type: number, write: (encoder: ReturnType<typeof createEncoder>) => void) {
  const encoder = createEncoder();
  writeVarUint(encoder, type);
  write(encoder);
  return toUint8Array(encoder);
}

const present = (ids: number[]) => message(AWARENESS, (encoder) => writeVarUint8Array(encoder, encodeAwarenessUpdate(awareness, ids)));
const broadcast = (bytes: Uint8Array) => clients.publish("document", bytes);

doc.on("update", (update) => broadcast(message(SYNC, (encoder) => writeUpdate(encoder, update))));
awareness.on("update", ({ added, updated, removed }: Record<string, number[]>, id: string) => {
  for (const user of [...added, ...updated]) users.get(id)?.add(user);
  broadcast(present([...added, ...updated, ...removed]));
});

addEventListener("websocketupgrade", (event) => {
  const connection = event.accept({ reload: "close" });
  connection.subscribe("document");
  users.set(connection.id, new Set());
  connection.send(message(SYNC, (encoder) => writeSyncStep1(encoder, doc)));
  connection.send(present([...awareness.getStates().keys()]));
});

addEventListener("websocketmessage", ({ source, data }) => {
  const decoder = createDecoder(new Uint8Array(data as ArrayBuffer)), type = readVarUint(decoder);
  if (type === AWARENESS) return applyAwarenessUpdate(awareness, readVarUint8Array(decoder), source.id);
  const reply = createEncoder();
  writeVarUint(reply, SYNC);
  readSyncMessage(decoder, reply, doc, source.id);
  if (length(reply) > 1) source.send(toUint8Array(reply));
});

addEventListener("websocketclose", ({ id }) => {
  removeAwarenessStates(awareness, [...users.get(id)!], id);
  users.delete(id);
});

run({
  "documents merge"() {
    const a = new Y.Doc(), b = new Y.Doc();
    a.getText("t").insert(0, "hello");
    b.getMap("m").set("list", Y.Array.from([1, "two", { three: 3 }]));
    Y.applyUpdate(a, Y.encodeStateAsUpdate(b, Y.encodeStateVector(a)));
    Y.applyUpdate(b, Y.encodeStateAsUpdate(a));
    for (const doc of [a, b]) equal([doc.getText("t").toString(), doc.getMap("m").toJSON()], ["hello", { list: [1, "two", { three: 3 }] }]);
    equal(Y.mergeUpdates([Y.encodeStateAsUpdate(a)]).length, Y.encodeStateAsUpdate(a).length);
  },
  "changes are undone, observed and formatted"() {
    const text = new Y.Doc().getText("t"), undo = new Y.UndoManager(text), deltas: unknown[] = [];
    text.observe((event) => deltas.push(event.delta));
    text.insert(0, "bold", { bold: true });
    undo.undo();
    equal([text.toString(), deltas], ["", [[{ insert: "bold", attributes: { bold: true } }], [{ delete: 4 }]]]);
    undo.redo();
    equal(text.toDelta(), [{ insert: "bold", attributes: { bold: true } }]);
    holds(Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromTypeIndex(text, 2), text.doc!)!.index === 2, "the position 2");
  },
});
