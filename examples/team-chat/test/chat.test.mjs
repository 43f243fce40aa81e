// Tests of the chat, which run it: npm test. They need the database, and the command linger.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { SignJWT } from "jose";
import { crash, enter, logged, refused, secret, signIn, start, unique } from "./server.mjs";

const server = await start({ after }), { url } = server;

test("an upgrade without a valid token is refused", async () => {
  const token = (expires, key) => new SignJWT({ name: "eve" }).setProtectedHeader({ alg: "HS256" }).setSubject("1").setExpirationTime(expires).sign(new TextEncoder().encode(key));
  assert.equal(await refused(url, "/rooms/lobby"), 401);
  assert.equal(await refused(url, "/rooms/lobby", "session=nonsense"), 401);
  assert.equal(await refused(url, "/rooms/lobby", `session=${await token("1 h", "another secret, as long")}`), 401);
  assert.equal(await refused(url, "/rooms/lobby", `session=${await token("-1 s", secret)}`), 401);
  assert.equal(await refused(url, "/rooms/not%20a%20room", await signIn(url, unique("ann"))), 404);
});

test("a session begins with the right password", async () => {
  const name = unique("ann");
  const cookie = await signIn(url, name);
  const request = async (init) => {
    const response = await fetch(`${url}/session`, init);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await request({ headers: { cookie } }), [200, JSON.stringify({ name })]);
  assert.deepEqual(await request(), [401, "Sign in first"]);
  assert.deepEqual(await request({ method: "POST", body: JSON.stringify({ name, password: "another one" }) }), [403, "The password is wrong"]);
  const [status, problem] = await request({ method: "POST", body: JSON.stringify({ name, password: "short" }) });
  assert.equal(status, 400);
  assert.match(problem, /at password/);
});

test("people in a room see each other, and what is said", async () => {
  const room = unique("room"), [annName, bobName] = [unique("ann"), unique("bob")];
  const ann = await enter(url, room, await signIn(url, annName));
  assert.deepEqual((await ann.next("welcome")).present.map(({ name }) => name), [annName]);
  const bob = await enter(url, room, await signIn(url, bobName));
  assert.deepEqual((await bob.next("welcome")).present.map(({ name }) => name).sort(), [annName, bobName]);
  const joined = await ann.next("joined");
  assert.equal(joined.name, bobName);

  ann.send({ type: "say", text: "  grüße, <b>everyone</b>  " });
  for (const person of [ann, bob]) {
    const { name, text } = await person.next("said");
    assert.deepEqual([name, text], [annName, "grüße, <b>everyone</b>"]);
  }
  await bob.leave();
  assert.equal((await ann.next("left")).id, joined.id);
  await ann.leave();
});

test("messages do not pass between rooms", async () => {
  const cookie = await signIn(url, unique("ann"));
  const [one, other] = [await enter(url, unique("room"), cookie), await enter(url, unique("room"), cookie)];
  one.send({ type: "say", text: "one" });
  await one.next("said");
  other.send({ type: "say", text: "other" });
  assert.equal((await other.next("said")).text, "other");
});

test("a newcomer receives the last messages, and older ones on request", async () => {
  const room = unique("room"), cookie = await signIn(url, unique("ann"));
  const ann = await enter(url, room, cookie);
  for (let i = 1; i <= 60; i++) ann.send({ type: "say", text: String(i) });
  for (let i = 1; i <= 60; i++) assert.equal((await ann.next("said")).text, String(i)); // in order, although each is stored first

  const late = await enter(url, room, cookie);
  const last = await late.next("history");
  assert.deepEqual([last.messages.length, last.messages[0].text, last.messages.at(-1).text, last.more], [50, "11", "60", true]);
  late.send({ type: "older", before: last.messages[0].id });
  const older = await late.next("history");
  assert.deepEqual([older.messages.length, older.messages[0].text, older.more], [10, "1", false]);
});

test("a command that is not valid is refused, and the connection stays open", async () => {
  const ann = await enter(url, unique("room"), await signIn(url, unique("ann")));
  for (const [command, reason] of [
    ["not JSON", /Invalid input/],
    [{ type: "dance" }, /at type/],
    [{ type: "say", text: "   " }, /at text/],
    [{ type: "say", text: "x".repeat(2001) }, /at text/],
    [{ type: "older", before: -1 }, /at before/],
  ]) {
    ann.send(command);
    assert.match((await ann.next("refused")).reason, reason);
  }
  ann.send({ type: "say", text: "still here" });
  assert.equal((await ann.next("said")).text, "still here");
});

test("connections stay open when the code is replaced", async () => {
  const room = unique("room"), name = unique("ann");
  const ann = await enter(url, room, await signIn(url, name));
  ann.send({ type: "say", text: "before" });
  await ann.next("said");
  server.process.kill("SIGHUP");
  await logged(server, "application reloaded");
  ann.send({ type: "say", text: "after" });
  const { name: by, text } = await ann.next("said");
  assert.deepEqual([by, text], [name, "after"]);
});

test("connections stay open when the process of the application is killed", { skip: process.platform !== "linux" }, async () => {
  const name = unique("ann"), ann = await enter(url, unique("room"), await signIn(url, name));
  await ann.next("history");
  await crash(server);
  ann.send({ type: "say", text: "still here" });
  const { name: by, text } = await ann.next("said");
  assert.deepEqual([by, text], [name, "still here"]);
});

test("the history is still there after a restart", async (t) => {
  const room = unique("room"), name = unique("ann");
  const first = await start(t);
  const ann = await enter(first.url, room, await signIn(first.url, name));
  ann.send({ type: "say", text: "remember" });
  await ann.next("said");
  first.process.kill();
  const [code] = await once(ann.socket, "close");
  assert.equal(code, 1012); // the server drains

  const second = await start(t);
  const again = await enter(second.url, room, await signIn(second.url, name));
  assert.deepEqual((await again.next("history")).messages.map(({ name, text }) => [name, text]), [[name, "remember"]]);
});
