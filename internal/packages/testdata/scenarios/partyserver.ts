import { getServerByName, routePartykitRequest, Server, type Connection, type ConnectionContext, type WSMessage } from "partyserver";

interface Env {
  Room: DurableObjectNamespace<Room>;
  Counter: DurableObjectNamespace<Counter>;
}

interface User { name: string }

/** A room that sleeps while its connections stay open. */
export class Room extends Server<Env> {
  static options = { hibernate: true };
  starts = 0;

  async onStart(props?: { greeting: string }) {
    this.starts = ((await this.ctx.storage.get<number>("starts")) ?? 0) + 1;
    await this.ctx.storage.put({ starts: this.starts, ...(props && { greeting: props.greeting }) });
    this.sql`CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, name TEXT, text TEXT)`;
  }

  getConnectionTags(_: Connection, { request }: ConnectionContext) {
    return new URL(request.url).searchParams.getAll("team");
  }

  async onConnect(connection: Connection<User>, { request }: ConnectionContext) {
    const name = new URL(request.url).searchParams.get("name")!;
    connection.setState({ name });
    connection.send(JSON.stringify({ room: this.name, greeting: await this.ctx.storage.get("greeting"), id: connection.id, tags: connection.tags, present: this.names() }));
    this.broadcast(`joined ${name}`, [connection.id]);
  }

  async onMessage(connection: Connection<User>, message: WSMessage) {
    if (typeof message !== "string") return connection.send(message);
    const name = connection.state!.name, [word, ...rest] = message.split(" "), text = rest.join(" ");
    switch (word) {
      case "starts": return connection.send(`starts ${this.starts}`);
      case "rename": return void connection.setState((user) => ({ ...user, name: text }));
      case "whoami": return connection.send(`you are ${name} ${connection.tags} ${new URL(connection.uri!).searchParams.get("name")}`);
      case "kick": return this.getConnection(text)?.close(4000, "kicked");
      case "team": {
        for (const member of this.getConnections(rest.shift())) member.send(`${name} to the team: ${rest.join(" ")}`);
        return;
      }
      case "alarm": return this.ctx.storage.setAlarm(Date.now() + 1);
    }
    this.sql`INSERT INTO messages (name, text) VALUES (${name}, ${message})`;
    this.broadcast(`${name}: ${message}`, [connection.id]);
  }

  onClose(connection: Connection<User>, code: number, reason: string, wasClean: boolean) {
    this.broadcast(`left ${connection.state!.name} ${code} ${reason} ${wasClean}`);
  }

  onAlarm() {
    this.broadcast(`alarm of ${this.name}`);
  }

  onRequest(request: Request) {
    return Response.json({ method: request.method, party: request.headers.get("x-partykit-namespace"), messages: this.sql`SELECT name, text FROM messages ORDER BY id` });
  }

  /** A method that the entry of the application calls. */
  names() {
    return [...this.getConnections<User>()].map(({ state }) => state!.name).sort();
  }
}

/** An object whose connections keep it awake. */
export class Counter extends Server<Env> {
  count = 0;

  async onMessage(connection: Connection, message: WSMessage) {
    if (message === "close") return connection.close(4001, "closed by the counter");
    this.broadcast(`${++this.count} ${message}`);
  }

  onClose(_: Connection, code: number, reason: string) {
    this.broadcast(`left ${code} ${reason}`);
  }
}

export default {
  async fetch(request: Request, env: Env) {
    const [, first, name] = new URL(request.url).pathname.split("/");
    if (first === "names") {
      const room = await getServerByName(env.Room, name);
      return Response.json(await room.names());
    }
    const routed = await routePartykitRequest(request, env, {
      cors: true,
      props: { greeting: "grüße" },
      onBeforeConnect: ({ url }, lobby) => (lobby.className === "Room" && !new URL(url).searchParams.has("name") ? new Response("no name", { status: 401 }) : undefined),
      onBeforeRequest: ({ url }) => (url.endsWith("/secret") ? new Response("forbidden", { status: 403 }) : undefined),
    });
    return routed ?? new Response("no such page", { status: 404 });
  },
} satisfies ExportedHandler<Env>;
