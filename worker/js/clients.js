import { bytesOf, isBuffer } from "web/encoding.js";
import { expect, refuse, secret } from "web/define.js";
import { host } from "web/host.js";
import { endEvent, openHandle, WebSocketConnection } from "./connection.js";

// Clients is the class of the global clients, which gives access to the connections of all workers.
export class Clients {
  constructor(key) {
    if (key !== secret) refuse("Clients");
  }

  // get returns the connection with an id, or undefined if it has ended.
  async get(id) {
    expect(arguments.length, 1, "clients.get");
    const text = String(id);
    return host.facts(text) === undefined ? undefined : handleOutsideEvent(text);
  }

  // matchAll returns all connections, or the subscribers of a channel. The default type is that of service workers, "window",
  // for which the result is empty.
  async matchAll(options) {
    const { type = "window", channel } = options ?? {};
    if (type !== "websocket" && type !== "all") return [];
    return host.list(nameOf(channel)).map(handleOutsideEvent);
  }

  // count returns the number of connections, or of subscribers of a channel.
  count(options) {
    return host.count(nameOf(options?.channel));
  }

  // publish sends a message to the subscribers of a channel, and returns the number of connections that accepted it.
  publish(channel, message, options) {
    expect(arguments.length, 2, "clients.publish");
    return host.publishTo(String(channel), contentOf(message), exceptions(options?.except));
  }
}

export const clients = new Clients(secret);

// setWebSocketAutoResponse makes every connection respond to the text message request with response, without an event.
// Without arguments it removes the automatic response.
export function setWebSocketAutoResponse(request = "", response = "") {
  host.autoRespond(String(request), String(response));
}

// handleOutsideEvent returns a handle of a connection outside of its events: each access of data reads it, and only an
// assignment saves it.
function handleOutsideEvent(id) {
  const connection = openHandle(id);
  endEvent(0, connection);
  return connection;
}

const nameOf = (channel) => (channel === undefined ? "" : String(channel));

function contentOf(message) {
  if (typeof message === "string") return message;
  if (isBuffer(message) || ArrayBuffer.isView(message)) return bytesOf(message);
  throw new TypeError("publish expects a string, an ArrayBuffer or a view of one: convert other values, for example with JSON.stringify");
}

// exceptions returns the ids of the option except.
function exceptions(except) {
  if (except === undefined) return [];
  return (Array.isArray(except) ? except : [except]).map((connection) => {
    if (connection instanceof WebSocketConnection) return connection.id;
    throw new TypeError("except must be a connection, or an array of connections");
  });
}
