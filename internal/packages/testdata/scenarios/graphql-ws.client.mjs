import { createClient } from "graphql-ws";
import { assert, done, open, socketURL, WebSocket } from "../client.mjs";

const client = createClient({ url: socketURL, webSocketImpl: WebSocket, connectionParams: { token: "secret" } });
const all = async (payload) => {
  const results = [];
  for await (const result of client.iterate(payload)) results.push(result);
  return results;
};

assert.deepEqual(await all({ query: "query ($name: String!) { hello(name: $name) }", variables: { name: "ann" } }), [{ data: { hello: "hello ann" } }]);
assert.deepEqual((await all({ query: "subscription { count(to: 4) }" })).map(({ data }) => data.count), [1, 2, 3, 4]);
await assert.rejects(all({ query: "{ helo }" }), (errors) => /Cannot query field "helo"/.test(errors[0].message));

// A subscription that the client ends, while another one runs.
const stopped = await open("/stopped");
const [, other] = await Promise.all([
  (async () => { for await (const { data } of client.iterate({ query: "subscription { ticks }" })) if (data.ticks === 5) break; })(),
  all({ query: "subscription { count(to: 50) }" }),
]);
assert.equal(other.length, 50);
assert.equal(await stopped.next(), "stopped");

// A subscription that ends with its connection.
const second = createClient({ url: socketURL, webSocketImpl: WebSocket, connectionParams: { token: "secret" }, retryAttempts: 0 });
const ended = new Promise((resolve) => second.subscribe({ query: "subscription { ticks }" }, { next: ({ data }) => data.ticks === 3 && second.terminate(), error: resolve, complete: resolve }));
assert.equal((await ended)?.code, 4499);
assert.equal(await stopped.next(), "stopped");

const refused = createClient({ url: socketURL, webSocketImpl: WebSocket, retryAttempts: 0 });
await assert.rejects(refused.iterate({ query: "{ hello(name: \"x\") }" }).next(), { code: 4403, reason: "Forbidden" });
done();
