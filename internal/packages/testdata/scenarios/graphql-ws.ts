import { buildSchema } from "graphql";
import { CloseCode, makeServer } from "graphql-ws";

const schema = buildSchema("type Query { hello(name: String!): String! } type Subscription { count(to: Int!): Int!, ticks: Int! }");
const stopped = new BroadcastChannel("stopped");
const server = makeServer<{ token?: string }, { id: string }>({
  schema,
  roots: {
    query: { hello: ({ name }: { name: string }) => `hello ${name}` },
    subscription: {
      async *count({ to }: { to: number }) { for (let count = 1; count <= to; count++) yield { count }; },
      async *ticks() {
        try {
          for (let ticks = 0; ; ticks++) { yield { ticks }; await new Promise((done) => setTimeout(done, 1)); }
        } finally {
          stopped.postMessage("stopped");
        }
      },
    },
  },
  onConnect: ({ connectionParams }) => connectionParams?.token === "secret",
});

// The connections of this engine: what the library needs of each.
const connections = new Map<string, { message: (text: string) => Promise<void>; closed: (code: number, reason: string) => Promise<void> }>();

addEventListener("websocketupgrade", (event) => {
  if (new URL(event.request.url).pathname === "/stopped") return event.accept().subscribe("stopped");
  const source = event.accept({ protocol: "graphql-transport-ws", reload: "close" });
  let message = async (_: string) => {};
  const closed = server.opened({
    protocol: source.protocol,
    send: (text) => source.send(text),
    close: (code, reason) => source.close(code, reason),
    onMessage: (listener) => { message = listener; },
  }, { id: source.id });
  connections.set(source.id, { message: (text) => message(text), closed });
});

// A subscription lasts longer than the message that starts it, so the event does not wait for it.
addEventListener("websocketmessage", ({ source, data }) => {
  connections.get(source.id)?.message(String(data)).catch((error) => source.close(CloseCode.InternalServerError, error.message));
});

addEventListener("websocketclose", ({ id, code, reason }) => {
  const connection = connections.get(id);
  connections.delete(id);
  return connection?.closed(code, reason);
});
