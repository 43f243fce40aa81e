import { createTRPCClient, createWSClient, httpBatchLink, httpBatchStreamLink, httpLink, httpSubscriptionLink, splitLink, wsLink } from "@trpc/client";
import superjson from "superjson";
import { assert, done, open, socketURL, url, WebSocket } from "../client.mjs";
import { EventSource } from "../event-source.mjs";

const connect = (link, headers = {}) => createTRPCClient({
  links: [splitLink({ condition: ({ type }) => type === "subscription", true: httpSubscriptionLink({ url: `${url}/trpc`, transformer: superjson, EventSource }), false: link({ url: `${url}/trpc`, transformer: superjson, headers }) })],
});

for (const link of [httpLink, httpBatchLink, httpBatchStreamLink]) {
  const client = connect(link, { authorization: "ann" });
  const [hello, me, size] = await Promise.all([client.hello.query({ name: "bob" }), client.me.query(), client.users.create.mutate(new Map([["a", 1]]))]);
  assert.deepEqual([hello, me, size], [{ text: "hello bob", at: new Date(5) }, "ann", 1]);
  await assert.rejects(client.hello.query({ name: "" }), (error) => error.data.code === "BAD_REQUEST" && /too_small/.test(error.message));
  await assert.rejects(connect(link).me.query(), (error) => error.data.httpStatus === 401);
  await assert.rejects(client.nothing.query(), (error) => error.data.code === "NOT_FOUND");
}

const values = [];
for await (const value of await connect(httpBatchStreamLink).later.query()) values.push(value);
assert.deepEqual(values, [1, 2]);

const subscribe = (client, name, input, stopAt) => new Promise((resolve, reject) => {
  const seen = [];
  const subscription = client[name].subscribe(input, {
    onData(value) {
      seen.push(value);
      if (seen.length === stopAt) subscription.unsubscribe(), resolve(seen);
    },
    onError: reject,
    onComplete: () => resolve(seen),
  });
});
assert.deepEqual((await subscribe(connect(httpLink), "count", 3)).map(({ id, data }) => [id, data.i, data.at.getTime()]), [["1", 1, 1], ["2", 2, 2], ["3", 3, 3]]);
const stopped = await open("/stopped");
assert.deepEqual(await subscribe(connect(httpLink), "ticks", undefined, 4), [0, 1, 2, 3]);
assert.equal(await stopped.next(), "stopped");

// The same over a WebSocket.
const socket = createWSClient({ url: `${socketURL}/trpc`, WebSocket, connectionParams: { user: "ann" } });
const client = createTRPCClient({ links: [wsLink({ client: socket, transformer: superjson })] });
assert.deepEqual(await Promise.all([client.hello.query({ name: "bob" }), client.me.query(), client.users.create.mutate(new Map([["a", 1]]))]), [{ text: "hello bob", at: new Date(5) }, "ann", 1]);
await assert.rejects(client.hello.query({ name: "" }), (error) => error.data.code === "BAD_REQUEST");
assert.deepEqual((await subscribe(client, "count", 3)).map(({ id, data }) => [id, data.i]), [["1", 1], ["2", 2], ["3", 3]]);
assert.deepEqual(await subscribe(client, "ticks", undefined, 4), [0, 1, 2, 3]);
assert.equal(await stopped.next(), "stopped");
done();
