// Clients for the test: y-websocket providers in one process. The program reads commands, one per line, and answers each
// with a line of JSON.
//
//   <client> open <url> <document>   connects
//   <client> type <text>             appends to the text of its document
//   <client> wait <text>             waits until its document has this text
//   <client> present <n>             waits until it sees n users
//   <client> connected <n>           waits until it has connected n times
//   <client> leave                   disconnects
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const opened = new Map();

class Client {
  doc = new Y.Doc();
  text = this.doc.getText("text");
  connections = 0;

  open(url, document) {
    // disableBc prevents clients in one process from exchanging messages without the server.
    this.provider = new WebsocketProvider(url, document, this.doc, { WebSocketPolyfill: WebSocket, disableBc: true, maxBackoffTime: 200 });
    this.provider.on("status", ({ status }) => {
      if (status === "connected") this.connections++;
    });
    this.provider.awareness.setLocalStateField("name", document);
    return until(() => this.provider.synced);
  }
  type(...words) {
    this.text.insert(this.text.length, words.join(" "));
  }
  wait(...words) {
    return until(() => this.text.toString() === words.join(" "));
  }
  present(n) {
    return until(() => this.provider.awareness.getStates().size === Number(n));
  }
  connected(n) {
    return until(() => this.connections >= Number(n) && this.provider.synced);
  }
  leave() {
    this.provider.destroy();
  }
}

// until waits until a condition is true. The test has a timeout.
async function until(is) {
  while (!is()) await new Promise((done) => setTimeout(done, 5));
}

for await (const line of createInterface({ input: process.stdin })) {
  const [name, command, ...rest] = line.split(" ");
  if (!opened.has(name)) opened.set(name, new Client());
  const client = opened.get(name);
  await client[command](...rest);
  console.log(JSON.stringify({ text: client.text.toString(), connections: client.connections }));
}
process.exit(0);
