import PartySocket from "partysocket";
import { assert, done, expect, refused, slept, url, WebSocket } from "../client.mjs";

const host = new URL(url).host;

/** Connects to a party. next() returns the next message, and the promise closed resolves when the connection has ended. */
async function join(party, room, query, options) {
  const socket = new PartySocket({ host, party, room, query, WebSocket, minReconnectionDelay: 1, maxReconnectionDelay: 5, ...options });
  socket.binaryType = "arraybuffer";
  const messages = [], waiting = [];
  socket.addEventListener("message", ({ data }) => (waiting.length ? waiting.shift()(data) : messages.push(data)));
  socket.next = () => (messages.length ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve)));
  socket.nextClose = () => new Promise((resolve) => socket.addEventListener("close", ({ code, reason }) => resolve([code, reason]), { once: true }));
  socket.ask = (text) => (socket.send(text), socket.next());
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  return socket;
}

// What is refused before an object gets it.
assert.deepEqual(await refused("/parties/room/attic"), [401, "no name"]);
await expect("/parties/room/secret", 403, "forbidden");
await expect("/parties/nothing/attic", 400, "Invalid request");
await expect("/elsewhere", 404, "no such page");
assert.equal((await expect("/parties/room/attic", 200, "", { method: "OPTIONS" })).get("access-control-allow-origin"), "*");

// Connections.
const ann = await join("room", "attic", { name: "ann", team: "red" }, { id: "ann's" });
assert.deepEqual(JSON.parse(await ann.next()), { room: "attic", greeting: "grüße", id: "ann's", tags: ["ann's", "red"], present: ["ann"] });
const bob = await join("room", "attic", { name: "bob" });
assert.deepEqual(JSON.parse(await bob.next()).present, ["ann", "bob"]);
assert.equal(await ann.next(), "joined bob");
const eve = await join("room", "cellar", { name: "eve" });
assert.deepEqual(JSON.parse(await eve.next()).present, ["eve"]);

// Messages, tags and state.
ann.send("hello");
assert.equal(await bob.next(), "ann: hello");
bob.send("rename robert");
assert.match(await bob.ask("whoami"), /^you are robert \S+ bob$/);
bob.send("team red secret");
assert.equal(await ann.next(), "robert to the team: secret");
assert.deepEqual([...new Uint8Array(await ann.ask(new Uint8Array([1, 2, 255])))], [1, 2, 255]);

// Requests, methods and alarms.
await expect("/parties/room/attic", 200, '{"method":"POST","party":"room","messages":[{"name":"ann","text":"hello"}]}', { method: "POST", body: "body" });
await expect("/names/attic", 200, '["ann","robert"]');
ann.send("alarm");
assert.equal(await ann.next(), "alarm of attic");
assert.equal(await bob.next(), "alarm of attic");

// The object sleeps, and its connections stay.
await slept(() => ann.ask("starts"));
assert.match(await bob.ask("whoami"), /^you are robert \S+ bob$/);
ann.send("team red again");
assert.equal(await ann.next(), "ann to the team: again");
bob.send("awake");
assert.equal(await ann.next(), "robert: awake");
await expect("/parties/room/attic", 200, /"messages":\[{"name":"ann","text":"hello"},{"name":"robert","text":"awake"}\]/);
await expect("/names/attic", 200, '["ann","robert"]');

// The ends of connections.
const ended = ann.nextClose();
bob.send("kick ann's");
assert.deepEqual(await ended, [4000, "kicked"]);
assert.equal(await bob.next(), "left ann 4000 kicked true");
assert.deepEqual(JSON.parse(await ann.next()).tags, ["ann's", "red"]); // partysocket connects again
assert.equal(await bob.next(), "joined ann");
const left = bob.nextClose();
bob.close(4100, "bye");
assert.equal(await ann.next(), "left robert 4100 bye true");
assert.deepEqual(await left, [4100, "bye"]);

// Connections that keep an object awake.
const first = await join("counter", "one"), second = await join("counter", "one");
assert.equal(await first.ask("a"), "1 a");
assert.equal(await second.next(), "1 a");
assert.equal(await second.ask("b"), "2 b");
assert.equal(await first.next(), "2 b");
const closed = second.nextClose();
second.send("close");
assert.deepEqual(await closed, [4001, "closed by the counter"]);
assert.equal(await first.next(), "left 4001 closed by the counter");
done();
