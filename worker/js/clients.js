import { bytesOf, isBuffer } from "web/encoding.js";
import { expect, refuse, secret } from "web/define.js";
import { host } from "web/host.js";
import { ask, membersOf } from "./cluster.js";
import { endEvent, openHandle, openRemote, WebSocketConnection } from "./connection.js";

// Clients is the class of the global clients, which gives access to the connections of all workers.
export class Clients {
  constructor(key) {
    if (key !== secret) refuse("Clients");
  }

  // get returns the connection with an id, of any node, or undefined if it has ended.
  async get(id) {
    expect(arguments.length, 1, "clients.get");
    const text = String(id);
    if (host.facts(text) !== undefined) return handleOutsideEvent(text);
    const { connections = [] } = await ask((number) => host.findConnection(number, text));
    return connections.map(handleOf)[0];
  }

  // matchAll returns all connections, or the subscribers of a channel. The default type is that of service workers, "window",
  // for which the result is empty. In a cluster it returns a page; the array has the cursor of the next one, undefined after the last, and
  // missing, the nodes that have not answered.
  async matchAll(options) {
    const { type = "window", channel, limit, cursor } = options ?? {};
    if (type !== "websocket" && type !== "all") return pageOf([]);
    const answer = await ask((number) => host.listConnections(number, nameOf(channel), limitOf(limit), String(cursor ?? "")));
    if (!answer.connections) return pageOf(host.list(nameOf(channel)).map(handleOutsideEvent));
    return pageOf(answer.connections.map(handleOf), answer);
  }

  // countAll returns the number of connections, or of subscribers of a channel, of all nodes, and the nodes that have not answered.
  async countAll(options) {
    const { count, missing } = await ask((number) => host.countConnections(number, nameOf(options?.channel)));
    return { count, missing };
  }

  // presence returns the members of a channel on all nodes. The array has missing, the nodes whose members are not known.
  async presence(channel) {
    expect(arguments.length, 1, "clients.presence");
    const { members, missing } = await ask((number) => host.listMembers(number, String(channel)));
    return Object.assign(membersOf(members), { missing });
  }

  // count returns the number of connections of this node, or of subscribers of a channel.
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

// handleOf returns a handle of a connection in an answer.
const handleOf = (found) => (found.length === 1 ? handleOutsideEvent(found[0]) : openRemote(found));

const pageOf = (list, { cursor, missing = [] } = {}) => Object.assign(list, { cursor: cursor || undefined, missing });

// limitOf returns the option limit, 0 for the default.
function limitOf(limit) {
  if (limit === undefined) return 0;
  const number = Math.trunc(Number(limit));
  if (number >= 1) return Math.min(number, 1000);
  throw new RangeError("limit must be a number of at least 1");
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
