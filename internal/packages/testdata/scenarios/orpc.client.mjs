import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { BatchLinkPlugin } from "@orpc/client/plugins";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import { assert, done, expect, open, url } from "../client.mjs";

async function exercise(client, user) {
  assert.deepEqual(await client.hello({ name: "ann" }), { text: "hello ann", at: new Date(5), big: 12345678901234567890n });
  await assert.rejects(client.hello({ name: "" }), { code: "BAD_REQUEST" });
  await assert.rejects(client.fails(), { code: "TEAPOT", message: "teapot", data: { brew: 1 } });
  assert.equal(await client.me(), user);
  const numbers = [];
  for await (const { i } of await client.count(3)) numbers.push(i);
  assert.deepEqual(numbers, [1, 2, 3]);
  assert.deepEqual(await client.files.size({ file: new File(["text"], "a.txt") }), { name: "a.txt", text: "text" });
}

const link = (options) => createORPCClient(new RPCLink({ url: `${url}/rpc`, ...options }));
await expect("/local", 200, '"eve"');
await exercise(link({ headers: { authorization: "ann" } }), "ann");
await assert.rejects(link().me(), { code: "UNAUTHORIZED", status: 401, message: "sign in" });
const batched = link({ plugins: [new BatchLinkPlugin({ groups: [{ condition: () => true, context: {} }] })], headers: { authorization: "ann" } });
assert.deepEqual(await Promise.all([batched.me(), batched.hello({ name: "x" }).then(({ text }) => text)]), ["ann", "hello x"]);
for (const [path, user] of [["/pair", "pair"], ["/events", "events"]]) {
  await exercise(createORPCClient(new SocketLink({ websocket: await open(path) })), user);
}
done();
