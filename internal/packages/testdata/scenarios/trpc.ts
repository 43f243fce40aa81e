import { EventEmitter } from "node:events";
import { initTRPC, tracked, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { getWSConnectionHandler } from "@trpc/server/adapters/ws";
import superjson from "superjson";
import { z } from "zod";

const t = initTRPC.context<{ user: string | null }>().create({ transformer: superjson, sse: { ping: { enabled: true, intervalMs: 5 } } });
const signedIn = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { user: ctx.user } });
});
const stopped = new BroadcastChannel("stopped");

const appRouter = t.router({
  hello: t.procedure.input(z.object({ name: z.string().min(1) })).query(({ input }) => ({ text: `hello ${input.name}`, at: new Date(5) })),
  later: t.procedure.query(async function* () { yield 1; await null; yield 2; }),
  me: signedIn.query(({ ctx }) => ctx.user),
  users: t.router({ create: signedIn.input(z.map(z.string(), z.number())).mutation(({ input }) => input.size) }),
  count: t.procedure.input(z.number()).subscription(async function* ({ input }) {
    for (let i = 1; i <= input; i++) yield tracked(String(i), { i, at: new Date(i) });
  }),
  ticks: t.procedure.subscription(async function* ({ signal }) {
    try {
      for (let i = 0; !signal!.aborted; i++) { yield i; await new Promise((done) => setTimeout(done, 1)); }
    } finally {
      stopped.postMessage("stopped");
    }
  }),
});

// Client has what the adapter for the package ws needs of a connection.
class Client extends EventEmitter {
  constructor(private readonly source: WebSocketConnection) { super(); }
  get readyState() { return this.source.readyState || 1; } // 0 while the upgrade is being handled
  send(text: string) { this.source.send(text); }
  close(code?: number) { this.source.close(code); }
}

const connect = getWSConnectionHandler({ router: appRouter, createContext: ({ info }: any) => ({ user: info.connectionParams?.user ?? null }) } as any);
const connections = new Map<string, Client>();

addEventListener("websocketupgrade", (event) => {
  const { pathname, search } = new URL(event.request.url);
  if (pathname === "/stopped") return event.accept().subscribe("stopped");
  const source = event.accept({ reload: "close" }), client = new Client(source);
  connections.set(source.id, client);
  connect(client as any, { url: pathname + search, headers: Object.fromEntries(event.request.headers) } as any);
});
addEventListener("websocketmessage", ({ source, data }) => { connections.get(source.id)?.emit("message", Buffer.from(data as string), false); });
addEventListener("websocketclose", ({ id }) => {
  connections.get(id)?.emit("close");
  connections.delete(id);
});

export default {
  fetch: (req: Request) => fetchRequestHandler({ endpoint: "/trpc", req, router: appRouter, createContext: ({ req }) => ({ user: req.headers.get("authorization") }) }),
};
