/** @jsxImportSource hono/jsx */
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import { upgradeWebSocket } from "hono/cloudflare-workers";
import { HTTPException } from "hono/http-exception";
import { AutoRouter, error, type IRequest } from "itty-router";

type Env = { SECRET: string; Board: DurableObjectNamespace<Board>; Poll: DurableObjectNamespace<Poll> };

/** An object with an application of Hono, and connections that keep it awake. */
export class Board extends DurableObject<Env> {
  #app = new Hono<{ Bindings: Env }>();
  #sockets = new Set<{ send(text: string): void }>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
    this.#app
      .get("/notes", (c) => c.json(sql.exec("SELECT id, text FROM notes ORDER BY id").toArray()))
      .post("/notes", async (c) => {
        const { text } = await c.req.json<{ text: string }>();
        const { id } = sql.exec<{ id: number }>("INSERT INTO notes (text) VALUES (?) RETURNING id", text).one();
        for (const socket of this.#sockets) socket.send(`${id} ${text}`);
        return c.json({ id, secret: c.env.SECRET }, 201);
      })
      .get("/page", (c) => c.html(<ul>{[...sql.exec("SELECT text FROM notes ORDER BY id").raw()].map(([text]) => <li>{text as string}</li>)}</ul>))
      .get("/fails", () => { throw new HTTPException(418, { message: "a teapot" }); })
      .get("/socket", upgradeWebSocket(() => ({
        onMessage: (event, socket) => {
          if (event.data === "listen") this.#sockets.add(socket);
          socket.send(`board ${ctx.id.name}: ${event.data}`);
        },
        onClose: (event, socket) => {
          this.#sockets.delete(socket);
          for (const other of this.#sockets) other.send(`closed ${(event as CloseEvent).code}`);
        },
      })));
  }

  fetch(request: Request) {
    return this.#app.fetch(request, this.env);
  }
}

/** An object with a router of itty-router, and connections with which it sleeps. */
export class Poll extends DurableObject<Env> {
  #router = AutoRouter();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      await ctx.storage.put("starts", ((await ctx.storage.get<number>("starts")) ?? 0) + 1);
    });
    this.#router
      .get("/polls/:name", () => this.votes())
      .post("/polls/:name/votes", async (request: IRequest) => ({ votes: await this.vote(await request.text()) }))
      .get("/polls/:name/socket", (request: IRequest) => {
        if (request.headers.get("upgrade") !== "websocket") return error(426, "a WebSocket is expected");
        const { 0: client, 1: server } = new WebSocketPair();
        ctx.acceptWebSocket(server, [String(request.query.tag)]);
        return new Response(null, { status: 101, webSocket: client });
      });
  }

  fetch(request: Request) {
    return this.#router.fetch(request);
  }

  async webSocketMessage(socket: WebSocket, message: string) {
    if (message === "starts") return socket.send(`starts ${await this.ctx.storage.get("starts")}`);
    await this.vote(message);
  }

  async vote(choice: string) {
    const votes = ((await this.ctx.storage.get<number>(`vote:${choice}`)) ?? 0) + 1;
    await this.ctx.storage.put(`vote:${choice}`, votes);
    for (const socket of this.ctx.getWebSockets("watch")) socket.send(`${choice} ${votes}`);
    return votes;
  }

  /** A method that the entry of the application calls, too. */
  async votes() {
    const all = await this.ctx.storage.list<number>({ prefix: "vote:" });
    return Object.fromEntries([...all].map(([key, votes]) => [key.slice(5), votes]));
  }
}

const app = new Hono<{ Bindings: Env }>();
app.all("/boards/:name/:rest", (c) => {
  const url = new URL(c.req.url);
  url.pathname = `/${c.req.param("rest")}`;
  return c.env.Board.getByName(c.req.param("name")).fetch(new Request(url, c.req.raw));
});
app.get("/votes/:name", async (c) => c.json(await c.env.Poll.getByName(c.req.param("name")).votes()));
app.all("/polls/:name/*", (c) => c.env.Poll.get(c.env.Poll.idFromName(c.req.param("name"))).fetch(c.req.raw));
app.all("/polls/:name", (c) => c.env.Poll.getByName(c.req.param("name")).fetch(c.req.raw));

export default app;
