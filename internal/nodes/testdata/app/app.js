// The application of the nodes. A client sends a request as JSON with a number, and gets the answer with that number.
import { DurableObject } from "cloudflare:workers";

addEventListener("websocketupgrade", (event) => {
  const query = new URL(event.request.url).searchParams;
  const connection = event.accept();
  const member = query.get("member");
  for (const channel of query.getAll("channel")) {
    connection.subscribe(channel, member ? { presence: member } : undefined);
  }
});

const requests = {
  async id(_, source) {
    return source.id;
  },
  async publish({ channel, text }) {
    new BroadcastChannel(channel).postMessage(text);
  },
  async send({ to, text }) {
    const connection = await clients.get(to);
    if (!connection) throw new Error("there is no connection with this id");
    connection.send(text);
  },
  async add({ object, key }) {
    const response = await env.COUNTER.get(env.COUNTER.idFromName(object)).fetch(`http://object/add?key=${key}`);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.json();
  },
  async rows({ object }) {
    const response = await env.COUNTER.get(env.COUNTER.idFromName(object)).fetch("http://object/rows");
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.json();
  },
  async presence({ channel }) {
    const members = await clients.presence(channel);
    return { members: members.map((member) => member.data), missing: members.missing };
  },
};

addEventListener("websocketmessage", async ({ source, data }) => {
  const request = JSON.parse(data);
  try {
    source.send("answer " + JSON.stringify({ number: request.number, value: await requests[request.kind](request, source) }));
  } catch (error) {
    source.send("answer " + JSON.stringify({ number: request.number, error: String(error) }));
  }
});

// Counter appends rows: the key of a request, and a random number of the instance that has appended it.
export class Counter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.instance = crypto.randomUUID();
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, instance TEXT)");
  }

  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/rows") {
      return Response.json(this.ctx.storage.sql.exec("SELECT number, key, instance FROM rows ORDER BY number").toArray());
    }
    const key = url.searchParams.get("key");
    const [row] = this.ctx.storage.sql.exec("INSERT INTO rows (key, instance) VALUES (?, ?) RETURNING number, key, instance", key, this.instance).toArray();
    return Response.json(row);
  }
}
