// A chat whose rooms are Durable Objects. Each room stores its history, and sleeps while no message arrives; its connections stay open.
//
//   cd examples/rooms && linger run
//
//   GET  /                        the page, from the folder public
//   POST /rooms                   opens a private room, and returns its name, which cannot be guessed
//   GET  /rooms/NAME              the last messages of a room
//   GET  /rooms/NAME?name=ann     a WebSocket; after=ID asks only for the messages after one that is known
import { DurableObject } from "cloudflare:workers";

const limits = {
  name: 32, // characters of a name, of a person or of a public room
  text: 2000, // characters of a message
  history: 100, // messages that a newcomer receives
  stored: 1000, // messages that a room keeps
  burst: 5, // messages that an address may send at once
  pause: 1000, // milliseconds until it may send another one
};

/** @typedef {{ ROOMS: DurableObjectNamespace<Room>, LIMITS: DurableObjectNamespace<RateLimit> }} Bindings */

/** @type {ExportedHandler<Bindings>} */
export default {
  async fetch(request, env) {
    const [, first, room, ...rest] = new URL(request.url).pathname.split("/");
    if (first !== "rooms" || rest.length > 0) return new Response("Not found", { status: 404 });
    if (!room) {
      if (request.method !== "POST") return new Response("Use POST to open a private room", { status: 405, headers: { allow: "POST" } });
      return Response.json({ room: env.ROOMS.newUniqueId().toString() }, { status: 201 });
    }
    const id = idOf(env.ROOMS, decode(room));
    if (id === undefined) return new Response("There is no such room", { status: 404 });
    return env.ROOMS.get(id).fetch(request);
  },
};

// decode decodes a part of a path. It returns one that is not valid as it is.
/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// idOf returns the id of the room with a name, or undefined. A private room has its id as its name.
/** @param {DurableObjectNamespace<Room>} rooms @param {string} name */
function idOf(rooms, name) {
  if (!/^[0-9a-f]{64}$/.test(name)) return [...name].length <= limits.name ? rooms.idFromName(name) : undefined;
  try {
    return rooms.idFromString(name);
  } catch {
    return undefined;
  }
}

/**
 * A room: the connections of the people in it, and the messages that were written.
 * @extends {DurableObject<Bindings>}
 */
export class Room extends DurableObject {
  #sql = this.ctx.storage.sql;

  /** @param {DurableObjectState} ctx @param {Bindings} env */
  constructor(ctx, env) {
    super(ctx, env);
    this.#sql.exec("CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL)");
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong")); // does not wake a room that sleeps
  }

  /** @param {Request} request */
  fetch(request) {
    const { searchParams } = new URL(request.url), after = Number(searchParams.get("after")) || 0;
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return Response.json(this.history(after));
    const { 0: client, 1: socket } = new WebSocketPair();
    this.ctx.acceptWebSocket(socket);
    this.#welcome(socket, (searchParams.get("name") ?? "").trim(), after, request.headers.get("cf-connecting-ip") ?? "");
    return new Response(null, { status: 101, webSocket: client });
  }

  // #welcome lets a person in. A page cannot see why an upgrade was refused, but it sees a close code.
  /** @param {WebSocket} socket @param {string} name @param {number} after @param {string} address */
  #welcome(socket, name, after, address) {
    if (name === "" || [...name].length > limits.name) return socket.close(4001, `choose a name of 1 to ${limits.name} characters`);
    const person = { id: crypto.randomUUID(), name };
    socket.serializeAttachment({ ...person, address }); // is still there when the room has slept
    socket.send(JSON.stringify({ type: "history", messages: this.history(after) }));
    this.#publish({ type: "joined", ...person });
    socket.send(JSON.stringify({ type: "welcome", you: person.id, here: this.#people() }));
  }

  /** The last messages, the oldest first. */
  history(after = 0) {
    return this.#sql.exec("SELECT * FROM messages WHERE id > ? ORDER BY id DESC LIMIT ?", after, limits.history).toArray().reverse();
  }

  /** @param {WebSocket} socket @param {string | ArrayBuffer} text */
  async webSocketMessage(socket, text) {
    if (typeof text !== "string") return socket.close(1003, "text only");
    const person = socket.deserializeAttachment();
    if (person === null) return; // was refused
    const { name, address } = person;
    if ([...text].length > limits.text) return refuse(socket, `a message has at most ${limits.text} characters`);
    const wait = await this.env.LIMITS.getByName(address).take();
    if (wait > 0) return refuse(socket, `wait ${Math.ceil(wait / 1000)} s`);
    const said = this.#sql.exec("INSERT INTO messages (name, text, at) VALUES (?, ?, ?) RETURNING *", name, text, Date.now()).one();
    this.#sql.exec("DELETE FROM messages WHERE id <= ?", said.id - limits.stored);
    this.#publish({ type: "said", ...said, by: person.id }); // leaves when the message is on disk
  }

  /** @param {WebSocket} socket @param {number} code */
  webSocketClose(socket, code) {
    if (code !== 1006) code === 1005 ? socket.close() : socket.close(code); // answers the Close, unless the connection was lost
    const person = socket.deserializeAttachment();
    if (person !== null) this.#publish({ type: "left", id: person.id, name: person.name });
  }

  #open() {
    return this.ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN && socket.deserializeAttachment() !== null);
  }

  #people() {
    return this.#open().map((socket) => socket.deserializeAttachment()).map(({ id, name }) => ({ id, name }));
  }

  /** @param {object} message */
  #publish(message) {
    const text = JSON.stringify(message);
    for (const socket of this.#open()) socket.send(text);
  }
}

/** @param {WebSocket} socket @param {string} text */
const refuse = (socket, text) => socket.send(JSON.stringify({ type: "refused", text }));

/**
 * What one address may write, in all rooms. It is a variable and not stored, because an object that has been idle for long enough to
 * sleep would allow a full burst anyway.
 */
export class RateLimit extends DurableObject {
  #free = 0; // the time at which the whole burst is available again

  /** Counts a message if it is allowed, and returns 0; otherwise returns for how many milliseconds it has to wait. */
  take() {
    const now = Date.now(), free = Math.max(this.#free, now) + limits.pause, wait = free - now - limits.burst * limits.pause;
    if (wait > 0) return wait;
    this.#free = free;
    return 0;
  }
}
