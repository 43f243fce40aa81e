// Tests of an application, with the types of "linger:test".
import { afterEach, assert, beforeEach, connect, fetch, RefusedError, reload, scheduled, test, type TestClient } from "linger:test";

let client: TestClient;
beforeEach(async () => { client = await connect("/", { protocols: ["chat"], headers: { Authorization: "Bearer x" } }); });
afterEach(() => client.close());

test("a message", async () => {
  client.send("text");
  client.send(new Uint8Array(2));
  client.sendJSON({ a: 1 });
  const message = await client.message({ timeout: 100 });
  assert.ok(typeof message === "string");
  assert.equal(message.length, 4);
  const { text } = await client.json<{ text: string }>();
  assert.match(text, /x/);
  const { code, reason, wasClean } = await client.close(4000, "bye");
  assert.deepEqual([code, reason, wasClean], [4000, "bye", true]);
  await client.abort();
  const n: number = (await client.closed).code;
  assert(n > 0);
  // @ts-expect-error
  client.send({ a: 1 });
});

test.skip("a refusal", async () => {
  await assert.rejects(connect("/x"), { status: 403 });
  const refused: unknown = await connect("/x").catch((error: unknown) => error);
  if (refused instanceof RefusedError) assert.equal(refused.headers.get("x"), refused.body);
});

test.only("the rest", async () => {
  await reload();
  await scheduled("* * * * *", new Date());
  const response = await fetch("/page", { method: "POST", body: "x" });
  assert.equal(await response.text(), "x");
  // @ts-expect-error
  test("no body");
});
