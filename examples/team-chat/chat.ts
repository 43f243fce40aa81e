// A chat for a team: accounts, rooms, who is present, and a history in PostgreSQL.
//
//   docker compose up -d && npm ci && linger run
//
// The packages are those of any server for Node. No state is in variables: a person is the data of a connection, a room is a channel, and
// what was written is in the database. So this file can be changed while people talk, and no connection closes.
import { z } from "zod";
import { signIn, type Account } from "./accounts";
import { createTables } from "./database";
import * as messages from "./messages";
import page from "./page.html";
import * as sessions from "./sessions";

/** The data of a connection. */
interface Presence {
  id: string; // sent to the pages; the id of the connection is kept secret
  account: Account;
  room: string;
  expires: number; // the end of the session
}

const Credentials = z.object({ name: z.string().trim().min(1).max(32), password: z.string().min(8).max(128) });

const Command = z.discriminatedUnion("type", [
  z.object({ type: z.literal("say"), text: z.string().trim().min(1).max(2000) }),
  z.object({ type: z.literal("older"), before: z.int().positive() }), // messages before the one with this id
]);

// This version is not used before the tables exist. If they cannot be created, the last version continues.
addEventListener("install", (event) => event.waitUntil(createTables()));

addEventListener("fetch", (event) => event.respondWith(respond(event.request)));

async function respond(request: Request): Promise<Response> {
  switch (`${request.method} ${new URL(request.url).pathname}`) {
    case "GET /":
      return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
    case "GET /session": {
      const session = await sessions.sessionOf(request);
      return session ? Response.json({ name: session.account.name }) : new Response("Sign in first", { status: 401 });
    }
    case "POST /session":
      return begin(request);
    case "DELETE /session":
      return new Response(null, { status: 204, headers: { "set-cookie": sessions.end } });
  }
  return new Response("Not found", { status: 404 });
}

async function begin(request: Request): Promise<Response> {
  const credentials = Credentials.safeParse(await request.json().catch(() => undefined));
  if (!credentials.success) return new Response(z.prettifyError(credentials.error), { status: 400 });
  const account = await signIn(credentials.data.name, credentials.data.password);
  if (!account) return new Response("The password is wrong", { status: 403 });
  return Response.json({ name: account.name }, { headers: { "set-cookie": await sessions.begin(account) } });
}

addEventListener("websocketupgrade", async (event) => {
  const room = roomOf(event.request);
  if (!room) return event.respondWith(new Response("There is no such room", { status: 404 }));
  const session = await sessions.sessionOf(event.request);
  if (!session) return event.respondWith(new Response("Sign in first", { status: 401 }));

  const { account, expires } = session, id = crypto.randomUUID();
  const connection = event.accept<Presence>({ data: { id, account, room, expires } });
  connection.subscribe(room); // before the history is read, so that nothing is missed in between
  publish(room, { type: "joined", id, name: account.name });
  send(connection, { type: "welcome", name: account.name, present: await present(room) });
  send(connection, historyOf(await messages.last(room)));
});

// roomOf returns the name of the room that a request is for, which the path has: /rooms/NAME.
function roomOf({ url }: Request): string | undefined {
  const { pathname } = new URL(url);
  return /^\/rooms\/([\w-]{1,64})$/.exec(pathname)?.[1];
}

addEventListener("websocketmessage", async ({ source, data }: WebSocketMessageEvent<Presence>) => {
  const { account, room, expires } = source.data;
  if (Date.now() > expires) return source.close(4001, "sign in again");
  const command = Command.safeParse(parse(data));
  if (!command.success) return send(source, { type: "refused", reason: z.prettifyError(command.error) });
  try {
    switch (command.data.type) {
      case "say":
        return publish(room, { type: "said", ...(await messages.add(room, account, command.data.text)) });
      case "older":
        return send(source, historyOf(await messages.last(room, command.data.before)));
    }
  } catch (error) {
    send(source, { type: "refused", reason: "the database does not answer; try again later" });
    throw error; // is logged
  }
});

addEventListener("websocketclose", ({ source }: WebSocketCloseEvent<Presence>) => {
  publish(source.data.room, { type: "left", id: source.data.id });
});

// parse returns undefined for what is not JSON.
function parse(data: string | ArrayBuffer): unknown {
  try {
    return JSON.parse(String(data));
  } catch {
    return undefined;
  }
}

// present returns those who are in a room. A person with two tabs is listed twice, with two ids.
async function present(room: string) {
  const connections: WebSocketConnection<Presence>[] = await clients.matchAll({ type: "websocket", channel: room });
  return connections.map(({ data: { id, account } }) => ({ id, name: account.name }));
}

/** What pages receive. */
type Notice =
  | { type: "welcome"; name: string; present: { id: string; name: string }[] }
  | { type: "joined"; id: string; name: string }
  | { type: "left"; id: string }
  | { type: "history"; messages: messages.Message[]; more: boolean }
  | ({ type: "said" } & messages.Message)
  | { type: "refused"; reason: string };

function historyOf(page: messages.Message[]): Notice {
  return { type: "history", messages: page, more: page.length === messages.pageSize };
}

function send(connection: WebSocketConnection<Presence>, notice: Notice) {
  connection.send(JSON.stringify(notice));
}

function publish(room: string, notice: Notice) {
  clients.publish(room, JSON.stringify(notice));
}
