import { bytesOf, isBuffer } from "web/encoding.js";
import { expect, refuse, secret } from "web/define.js";
import { host } from "web/host.js";
import { closeEvent, open, WebSocketConnection } from "./connection.js";

// Clients is how a script reaches connections that its event is not about: those of every worker.
export class Clients {
  constructor(key) {
    if (key !== secret) refuse("Clients");
  }

  // get gives the connection with an id, undefined if it has ended.
  async get(id) {
    expect(arguments.length, 1, "clients.get");
    const text = String(id);
    return host.facts(text) === undefined ? undefined : reach(text);
  }

  // matchAll gives all connections, or those that are subscribed to a channel. Like a service worker's it gives windows
  // unless it is asked for something else, and here are none.
  async matchAll(options) {
    const { type = "window", channel } = options ?? {};
    if (type !== "websocket" && type !== "all") return [];
    return host.list(nameOf(channel)).map(reach);
  }

  // count tells how many connections there are, or how many are subscribed to a channel.
  count(options) {
    return host.count(nameOf(options?.channel));
  }

  // publish sends a message to those who are subscribed to a channel, and tells how many took it.
  publish(channel, message, options) {
    expect(arguments.length, 2, "clients.publish");
    return host.publishTo(String(channel), contentOf(message), exceptions(options?.except));
  }
}

export const clients = new Clients(secret);

// setWebSocketAutoResponse has the text message request answered with response on every connection, without an event.
// Without arguments it ends that.
export function setWebSocketAutoResponse(request = "", response = "") {
  host.autoRespond(String(request), String(response));
}

// reach makes a handle outside of the connection's events: its data is read anew each time, and saved where it is set.
function reach(id) {
  const connection = open(id);
  closeEvent(0, connection);
  return connection;
}

const nameOf = (channel) => (channel === undefined ? "" : String(channel));

function contentOf(message) {
  if (typeof message === "string") return message;
  if (isBuffer(message) || ArrayBuffer.isView(message)) return bytesOf(message);
  throw new TypeError("publish expects a string, an ArrayBuffer or a view of one: turn other values into text, with JSON.stringify for instance");
}

function exceptions(except) {
  if (except === undefined) return [];
  return (Array.isArray(except) ? except : [except]).map((connection) => {
    if (connection instanceof WebSocketConnection) return connection.id;
    throw new TypeError("except is a connection, or an array of connections");
  });
}
