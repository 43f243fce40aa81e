import * as Automerge from "@automerge/automerge";
import { equal, run } from "../check";

type Board = { cards: { title: string }[]; likes: Automerge.Counter; text: string };

let board = Automerge.from<Board>({ cards: [{ title: "a" }], likes: new Automerge.Counter(), text: "hello" });
const states = new Map<string, { source: WebSocketConnection; state: Automerge.SyncState }>();

// send sends each connection the changes that its peer lacks.
function send() {
  for (const connection of states.values()) {
    const [state, message] = Automerge.generateSyncMessage(board, connection.state);
    connection.state = state;
    if (message) connection.source.send(message);
  }
}

addEventListener("websocketupgrade", (event) => {
  const source = event.accept({ reload: "close" });
  states.set(source.id, { source, state: Automerge.initSyncState() });
  send();
});

addEventListener("websocketmessage", ({ source, data }) => {
  const connection = states.get(source.id)!;
  [board, connection.state] = Automerge.receiveSyncMessage(board, connection.state, new Uint8Array(data as ArrayBuffer));
  send();
});

addEventListener("websocketclose", ({ id }) => { states.delete(id); });

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

run({
  "changes merge"() {
    let a = Automerge.from<any>({ cards: [{ title: "a" }], likes: new Automerge.Counter(1) }), b = Automerge.clone(a);
    a = Automerge.change(a, (doc: any) => { doc.cards.push({ title: "b" }); doc.likes.increment(2); });
    b = Automerge.change(b, "rename", (doc: any) => { doc.cards[0].title = "c"; doc.likes.increment(3); });
    const merged = Automerge.merge(a, b);
    equal(plain(merged), { cards: [{ title: "c" }, { title: "b" }], likes: 6 });
    equal(Automerge.getHistory(merged).map(({ change }) => change.message).includes("rename"), true);
  },
  "documents are saved and loaded"() {
    const doc = Automerge.change(Automerge.init<any>(), (doc: any) => { doc.text = "hello"; doc.bytes = new Uint8Array([1, 2]); doc.at = new Date(5); Automerge.splice(doc, ["text"], 5, 0, " world"); });
    const loaded = Automerge.load<any>(Automerge.save(doc));
    equal([loaded.text, [...loaded.bytes], loaded.at.getTime()], ["hello world", [1, 2], 5]);
  },
});
