// A Yjs server whose connections stay over a reload.
//
//   npm ci && linger run --watch stay.js
//
// The document is a variable, so it is gone after a reload, a crash or sleep, and each worker has its own. But the clients
// that have it open know its content, and so do the other workers. A channel of the document's name reaches all of them. So
// an engine that does not have the document makes an empty one and asks the channel.
import * as encoding from "lib0/encoding";
import * as sync from "y-protocols/sync";
import * as Y from "yjs";
import { AWARENESS, documentOf, gone, message, parse, QUERY_AWARENESS, readClocks, SYNC } from "./protocol.js";

/** @type {Map<string, { doc: Y.Doc, channel: BroadcastChannel }>} */
const documents = new Map(); // of this engine, by name

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
    if (type === SYNC) answer(doc, decoder, channel, (reply) => channel.postMessage(reply));
  };
  channel.postMessage(question(doc));
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

// question asks for all that a document does not have.
/** @param {Y.Doc} doc */
const question = (doc) => message(SYNC, (encoder) => sync.writeSyncStep1(encoder, doc));

// answer takes a message of the sync protocol, and sends the reply if there is one.
/** @param {Y.Doc} doc @param {import("./protocol.js").Decoder} decoder @param {unknown} origin @param {(reply: Uint8Array) => void} send */
function answer(doc, decoder, origin, send) {
  const reply = encoding.createEncoder();
  encoding.writeVarUint(reply, SYNC);
  sync.readSyncMessage(decoder, reply, doc, origin);
  if (encoding.length(reply) > 1) send(encoding.toUint8Array(reply));
}

// A new version asks for all documents at once, and not only when the next client types.
addEventListener("activate", async () => {
  for (const { data } of await clients.matchAll({ type: "websocket" })) open(data.name);
});

addEventListener("websocketupgrade", (event) => {
  const name = documentOf(event.request);
  const { doc } = open(name);
  const source = event.accept({ data: { name, clocks: {} } });
  source.subscribe(name);
  source.send(question(doc));
  clients.publish(name, message(QUERY_AWARENESS), { except: source }); // who is here?
});

addEventListener("websocketmessage", ({ source, data }) => {
  const { name, clocks } = source.data;
  const [type, decoder] = parse(data);
  if (type === SYNC) answer(open(name).doc, decoder, source, (reply) => source.send(reply));
  if (type === AWARENESS) {
    clients.publish(name, data, { except: source });
    Object.assign(clocks, readClocks(decoder));
  }
});

addEventListener("websocketclose", ({ source }) => {
  clients.publish(source.data.name, gone(source.data.clocks));
});
