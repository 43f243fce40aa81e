import { assert, connect, fetch, reload, test } from "linger:test";

test("guests see who joins, talks and leaves", async () => {
  const ann = await connect("/rooms/one?name=Ann");
  assert.deepEqual(await ann.json(), { type: "joined", name: "Ann", guests: 1 });
  const bob = await connect("/rooms/one?name=Bob");
  assert.deepEqual(await ann.json(), { type: "joined", name: "Bob", guests: 2 });
  bob.send("hello");
  assert.deepEqual(await ann.json(), { type: "said", name: "Bob", text: "hello" });
  await bob.close(1000);
  assert.deepEqual(await ann.json(), { type: "left", name: "Bob", guests: 1 });
});

test("a guest needs a name", async () => {
  const client = await connect("/rooms/two?name=");
  assert.equal((await client.closed).code, 4001);
});

test("a connection stays open when new code is loaded", async () => {
  const eve = await connect("/rooms/three?name=Eve");
  assert.equal((await eve.json()).type, "joined");
  await reload();
  eve.send("still here");
  assert.deepEqual(await eve.json(), { type: "said", name: "Eve", text: "still here" });
});

test("the page is served", async () => {
  const response = await fetch("/");
  assert.equal(response.status, 200);
  assert.match(await response.text(), /<title>/);
});
