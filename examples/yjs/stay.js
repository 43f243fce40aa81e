// A Yjs server whose connections stay open through a reload.
//
//   npm ci && linger run --watch stay.js
//
// The document is in a variable, so it is lost after a reload, a crash or sleep, and each worker has its own copy. But the
// clients that have it open, and the other workers, have its content, and a channel with the name of the document reaches
// all of them. An engine that does not have the document therefore creates an empty one and requests the content on the
// channel.
import * as encoding from "lib0/encoding";
import * as sync from "y-protocols/sync";
import * as Y from "yjs";
import { AWARENESS, documentOf, gone, message, parse, QUERY_AWARENESS, readClocks, SYNC } from "./protocol.js";

/** @type {Map<string, { doc: Y.Doc, channel: BroadcastChannel }>} */
const documents = new Map(); // the documents of this engine, by name

/** @param {string} name */
function open(name) {
  const known = documents.get(name);
  if (known) return known;
  forget();
  const doc = new Y.Doc();
  const channel = new BroadcastChannel(name);
  const opened = { doc, channel };
  documents.set(name, opened);
  doc.on("update", (/** @type {Uint8Array} */ update, /** @type {unknown} */ origin) => {
    if (origin !== channel) channel.postMessage(message(SYNC, (encoder) => sync.writeUpdate(encoder, update)));
  });
  channel.onmessage = ({ data }) => {
    const [type, decoder] = parse(data);
    if (type === SYNC) receive(doc, decoder, channel, (reply) => channel.postMessage(reply));
  };
  channel.postMessage(syncRequest(doc));
  return opened;
}

// forget drops the documents that no client has open.
function forget() {
  for (const [name, { doc, channel }] of documents) {
    if (clients.count({ channel: name }) > 0) continue;
    documents.delete(name);
    channel.close();
    doc.destroy();
  }
}

// syncRequest returns a message that requests everything that a document does not have.
/** @param {Y.Doc} doc */
const syncRequest = (doc) => message(SYNC, (encoder) => sync.writeSyncStep1(encoder, doc));

// receive applies a message of the sync protocol, and sends the reply if there is one.
/** @param {Y.Doc} doc @param {import("./protocol.js").Decoder} decoder @param {unknown} origin @param {(reply: Uint8Array) => void} send */
function receive(doc, decoder, origin, send) {
  const reply = encoding.createEncoder();
  encoding.writeVarUint(reply, SYNC);
  sync.readSyncMessage(decoder, reply, doc, origin);
  if (encoding.length(reply) > 1) send(encoding.toUint8Array(reply));
}

// A new version requests all documents immediately, and not only after the next change.
addEventListener("activate", async () => {
  for (const { data } of await clients.matchAll({ type: "websocket" })) open(data.name);
});

addEventListener("websocketupgrade", (event) => {
  const name = documentOf(event.request);
  const { doc } = open(name);
  const source = event.accept({ data: { name, clocks: {} } });
  source.subscribe(name);
  source.send(syncRequest(doc));
  clients.publish(name, message(QUERY_AWARENESS), { except: source }); // requests the present users
});

addEventListener("websocketmessage", ({ source, data }) => {
  const { name, clocks } = source.data;
  const [type, decoder] = parse(data);
  if (type === SYNC) receive(open(name).doc, decoder, source, (reply) => source.send(reply));
  if (type === AWARENESS) {
    clients.publish(name, data, { except: source });
    Object.assign(clocks, readClocks(decoder));
  }
});

addEventListener("websocketclose", ({ source }) => {
  clients.publish(source.data.name, gone(source.data.clocks));
});
