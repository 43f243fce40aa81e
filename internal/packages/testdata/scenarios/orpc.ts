import { createRouterClient, eventIterator, ORPCError, os, withEventMeta } from "@orpc/server";
import { RPCHandler } from "@orpc/server/fetch";
import { BatchHandlerPlugin, CORSPlugin } from "@orpc/server/plugins";
import { RPCHandler as SocketHandler } from "@orpc/server/websocket";
import { z } from "zod";

interface Context { user?: string }

const base = os.$context<Context>().errors({ UNAUTHORIZED: { message: "sign in" } });
const signedIn = base.middleware(({ context, next, errors }) => {
  if (!context.user) throw errors.UNAUTHORIZED();
  return next({ context: { user: context.user } });
});
const router = {
  hello: base.input(z.object({ name: z.string().min(1) })).output(z.object({ text: z.string(), at: z.date(), big: z.bigint() })).handler(({ input }) => ({ text: `hello ${input.name}`, at: new Date(5), big: 12345678901234567890n })),
  me: base.use(signedIn).handler(({ context }) => context.user),
  files: { size: base.input(z.object({ file: z.instanceof(File) })).handler(async ({ input: { file } }) => ({ name: file.name, text: await file.text() })) },
  count: base.input(z.number()).output(eventIterator(z.object({ i: z.number() }))).handler(async function* ({ input, lastEventId }) {
    for (let i = 1 + Number(lastEventId ?? 0); i <= input; i++) yield withEventMeta({ i }, { id: String(i) });
  }),
  fails: base.handler(() => { throw new ORPCError("TEAPOT", { status: 418, message: "teapot", data: { brew: 1 } }); }),
};

const http = new RPCHandler(router, { plugins: [new CORSPlugin(), new BatchHandlerPlugin()] });
const sockets = new SocketHandler(router);

addEventListener("fetch", (event) => event.respondWith(respond(event.request)));

async function respond(request: Request) {
  if (new URL(request.url).pathname === "/local") return Response.json(await createRouterClient(router, { context: { user: "eve" } }).me());
  const { response } = await http.handle(request, { prefix: "/rpc", context: { user: request.headers.get("authorization") ?? undefined } });
  return response ?? new Response("not found", { status: 404 });
}

// /pair uses a WebSocket object, every other path the functional events.
const open = new Map<string, WebSocketConnection>();
addEventListener("websocketupgrade", (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname === "/pair") {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    sockets.upgrade(server, { context: { user: "pair" } });
    return event.respondWith(new Response(null, { status: 101, webSocket: client }));
  }
  const connection = event.accept({ reload: "close" });
  open.set(connection.id, connection);
});
addEventListener("websocketmessage", ({ source, data }) => {
  sockets.message(open.get(source.id) as any, data, { context: { user: "events" } });
});
addEventListener("websocketclose", ({ id }) => {
  sockets.close(open.get(id) as any);
  open.delete(id);
});
