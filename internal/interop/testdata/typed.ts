// An application that uses the types of Linger. Lines after @ts-expect-error must have a type error.
import { clients as same, env as imported, type WebSocketMessageEvent as Message } from "linger";
import { DurableObject, env as fromWorkers } from "cloudflare:workers";
import page from "./page.html";
import logo from "./logo.png";
import source from "./module.js?raw";

declare global {
  interface Env {
    API_KEY: string;
  }
}

interface Member {
  name: string;
  joined: number;
}

addEventListener("fetch", (event) => {
  const length: number = page.length + logo.byteLength + source.length;
  event.respondWith(new Response(page, { status: 200, headers: { "content-length": `${length}`, "x-address": event.remoteAddress } }));
  event.waitUntil(Promise.resolve());
});

addEventListener("websocketupgrade", async (event) => {
  const { searchParams } = new URL(event.request.url);
  if (searchParams.get("key") !== env.API_KEY || imported.API_KEY !== fromWorkers.API_KEY) {
    return event.respondWith(new Response("the key is wrong", { status: 403 }));
  }
  const connection = event.accept({ data: { name: "ann", joined: Date.now() }, protocol: "chat", halfOpen: true, reload: "close" });
  connection.subscribe("lobby");
  const joined: number = connection.data.joined;
  connection.send(String(joined));
  // @ts-expect-error the data has no such member
  connection.data.left;
  // @ts-expect-error an object is not a message
  connection.send({ joined });
});

addEventListener("websocketmessage", ({ source, data }: Message<Member>) => {
  if (typeof data !== "string") return source.close(1003, "text only", { discard: true });
  source.data.joined += 1;
  same.publish("lobby", `${source.data.name}: ${data.trim()} ${source.headers.get("user-agent")}`, { except: source });
});

addEventListener("websocketclose", (event: WebSocketCloseEvent<Member>) => {
  const line: string = [event.id, event.cause, event.violation, event.sentReason, event.source.data.name].join();
  console.log(line, event.code + event.sentCode, event.wasClean, event.initiator === "local");
  // @ts-expect-error the initiator is local or remote
  console.log(event.initiator === "peer");
});

addEventListener("install", (event) => event.waitUntil(Promise.resolve()));
addEventListener("own", (event) => console.table([event.type]));
dispatchEvent(new CustomEvent("own", { detail: 1 }));
// @ts-expect-error the event has no such member
addEventListener("websocketdrain", (event) => event.data);

setWebSocketAutoResponse("ping", "pong");
const members = await clients.matchAll<Member>({ type: "websocket", channel: "lobby" });
const names: string[] = members.map(({ data }) => data.name);
const one: WebSocketConnection<Member> | undefined = await clients.get(names.join());
if (one && one.readyState === WebSocketConnection.OPEN) one.close();

const socket = new WebSocket("wss://example.com/", ["chat"]);
socket.binaryType = "arraybuffer";
socket.addEventListener("message", ({ data }) => socket.send(data));
socket.onclose = ({ code, reason }) => console.log(code + 1, reason.trim());

const answer = await fetch("https://example.com/", { method: "POST", body: new Uint8Array(1), redirect: "manual", signal: AbortSignal.timeout(1000) });
const copy = new Response(answer.body, answer);
for (const [name, value] of copy.headers) console.log(name.trim(), value.trim());
const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("text")));
const timer: number = setTimeout((text: string) => console.log(text, hash.length), 10, "later");
clearTimeout(timer);
new BroadcastChannel("lobby").onmessage = ({ data }) => console.log(data);
queueMicrotask(() => performance.now());
if (import.meta.env.MODE === "development") console.debug(structuredClone({ a: 1 }).a.toFixed());

export class Counter extends DurableObject {
  async add(n: number) {
    const now = ((await this.ctx.storage.get<number>("n")) ?? 0) + n;
    await this.ctx.storage.put("n", now);
    return now;
  }
  names() {
    return this.ctx.storage.sql.exec<{ name: string }>("SELECT name FROM users WHERE id > ?", 1).toArray().map(({ name }) => name);
  }
  override fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server, ["member"]);
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    return new Response(null, { status: 101, webSocket: client });
  }
  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer) {
    for (const other of this.ctx.getWebSockets("member")) if (other !== socket) other.send(message);
  }
}

export async function count(counters: DurableObjectNamespace<Counter>, request: Request) {
  const stub = counters.getByName("a");
  const n: number = await stub.add(2);
  const names: string[] = await stub.names();
  // @ts-expect-error
  await stub.webSocketMessage();
  // @ts-expect-error
  await stub.add("2");
  return n > names.length ? stub.fetch(request) : Response.json(names);
}

export default {
  async fetch(request, variables, ctx) {
    ctx.waitUntil(Promise.resolve());
    if (request.headers.get("upgrade") === null) return Response.json({ key: variables.API_KEY });
    const [client, server] = Object.values(new WebSocketPair());
    server.accept({ allowHalfOpen: true });
    server.serializeAttachment({ at: Date.now() });
    server.addEventListener("close", ({ wasClean }) => console.log(wasClean === true, server.deserializeAttachment()));
    return new Response(null, { status: 101, webSocket: client });
  },
} satisfies ExportedHandler;
