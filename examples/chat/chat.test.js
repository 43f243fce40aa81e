// Tests of the chat: linger test --app=examples/chat/chat.js examples/chat
import { assert, connect, fetch, reload, test } from "linger:test";

/** @param {string} name @param {string} room */
const enter = (name, room) => connect(`/chat?name=${name}&room=${room}`);

test("people in a room see who joins, talks and leaves", async () => {
  const ann = await enter("ann", "one");
  assert.equal((await ann.json()).name, "ann"); // joined
  const { type, you, here } = await ann.json();
  assert.equal(type, "welcome");
  assert.deepEqual(here, [{ id: you, name: "ann" }]);

  const bob = await enter("bob", "one");
  const joined = await ann.json();
  assert.deepEqual([joined.type, joined.name], ["joined", "bob"]);
  bob.send("<hello>");
  const said = await ann.json();
  assert.deepEqual([said.type, said.id, said.text], ["said", joined.id, "<hello>"]);
  await bob.close(1000);
  const left = await ann.json();
  assert.deepEqual([left.type, left.id], ["left", joined.id]);
});

test("a connection without a name is closed with 4001", async () => {
  const client = await connect("/chat?name=");
  assert.equal((await client.closed).code, 4001);
});

test("bytes are not a message", async () => {
  const ann = await enter("ann", "bytes");
  ann.send(new Uint8Array(3));
  assert.deepEqual(await ann.closed, { code: 1003, reason: "text only", wasClean: true });
});

test("new code says so on the connections that it takes over", async () => {
  const ann = await enter("ann", "new");
  await ann.json(); // joined
  await ann.json(); // welcome
  await reload();
  assert.equal((await ann.json()).type, "code");
});

test("other paths are not connections", async () => {
  await assert.rejects(connect("/"), { status: 200 });
  assert.equal((await fetch("/none")).status, 404);
});
