import { deserialize, serialize } from "web/clone.js";
import { expect, refuse } from "web/define.js";
import { DOMException } from "web/exception.js";
import { fromPairs, guard, Headers } from "web/headers.js";
import { conceal, CONNECTION, host, reveal } from "web/host.js";
import { codeOf, reasonOf } from "./close_status.js";
import { report } from "./report.js";

const maxMember = 1024; // maximum size of the serialized presence of a connection, in bytes
const maxData = 65536; // maximum size of the serialized data of a connection, in bytes
export const CONNECTING = 0;
const OPEN = 1;
export const CLOSED = 3;

// The state of a handle is an array with these indexes. An array costs the engine a fraction of the cost of an object.
const ID = 0;
const STATE = 1; // CONNECTING during the upgrade event, CLOSED from the close event on, otherwise undefined
const DATA = 2; // { value, text }: the data and its serialized form, once it has been read; null after the event
const FACTS = 3; // [url, protocol, remoteAddress, headers], once one of them has been read
const REMOTE = 4; // { state, data, buffered } of a connection of another node, as they were when the node answered; otherwise missing

// WebSocketConnection is a handle of a connection. The connection itself is held outside of the engine and outlives it.
export class WebSocketConnection {
  constructor() {
    refuse("WebSocketConnection");
  }

  get id() {
    return reveal(CONNECTION, this)[ID];
  }
  get url() {
    return factOf(reveal(CONNECTION, this), 0);
  }
  get protocol() {
    return factOf(reveal(CONNECTION, this), 1);
  }
  // remoteAddress is the IP address of the client: of the TCP peer or, if that is a trusted proxy, of the proxy's client.
  get remoteAddress() {
    return factOf(reveal(CONNECTION, this), 2);
  }
  // headers are the fields of the upgrade request. They are immutable.
  get headers() {
    const own = reveal(CONNECTION, this);
    const fields = factOf(own, HEADERS) || host.headers(own[ID]);
    if (!Array.isArray(fields)) return fields ?? guard(new Headers(), "immutable");
    return (own[FACTS][HEADERS] = guard(fromPairs(fields), "immutable"));
  }
  get readyState() {
    const own = reveal(CONNECTION, this);
    if (own[STATE] === CLOSED) return CLOSED; // TCP may still be open
    if (own[REMOTE]) return own[REMOTE].state;
    const state = host.state(own[ID]);
    return state === OPEN ? (own[STATE] ?? OPEN) : state;
  }
  get bufferedAmount() {
    const own = reveal(CONNECTION, this);
    return own[REMOTE] ? own[REMOTE].buffered : host.buffered(own[ID]);
  }

  // data is a value of the application that structuredClone can copy. It is kept between events and outlives the engine.
  get data() {
    const own = reveal(CONNECTION, this);
    if (own[DATA]) return own[DATA].value;
    const text = own[REMOTE] ? own[REMOTE].data : host.data(own[ID]);
    const value = text === undefined ? undefined : deserialize(text);
    if (own[DATA] === undefined) own[DATA] = { value, text };
    return value;
  }
  set data(value) {
    const own = reveal(CONNECTION, this);
    const text = serializeData(value);
    host.setData(own[ID], text);
    if (own[REMOTE]) own[REMOTE].data = text;
    if (own[DATA]) own[DATA] = undefined;
  }

  send(message) {
    if (typeof message !== "string" && !(message instanceof ArrayBuffer) && !ArrayBuffer.isView(message)) {
      throw new TypeError("send expects a string, an ArrayBuffer or a view of one: convert other values, for example with JSON.stringify");
    }
    host.send(reveal(CONNECTION, this)[ID], message);
  }

  // close starts the closing handshake. With { discard: true } queued messages are dropped, so that the Close is sent first.
  close(code = 1000, reason, options) {
    host.close(reveal(CONNECTION, this)[ID], codeOf(code), reasonOf(reason), Boolean(options?.discard));
  }

  // subscribe makes the connection a subscriber of a channel and, with { presence: value }, a member of its presence.
  subscribe(channel, options) {
    expect(arguments.length, 1, "WebSocketConnection.subscribe");
    const id = reveal(CONNECTION, this)[ID];
    const member = options?.presence;
    if (member === undefined) host.subscribe(id, String(channel));
    else host.join(id, String(channel), serializeWithin(member, maxMember, "presence of a connection"));
  }
  unsubscribe(channel) {
    expect(arguments.length, 1, "WebSocketConnection.unsubscribe");
    host.unsubscribe(reveal(CONNECTION, this)[ID], String(channel));
  }
}

// openHandle returns a handle for the listeners of an event. state is given by the upgrade event and the close event.
const { prototype } = WebSocketConnection;
export const openHandle = (id, state) => handleOf(handleState(id, state));

// handleState returns the state of a new handle, and handleOf the handle with a state. openHandle combines them.
export const handleState = (id, state) => [id, state, undefined, undefined];
export const handleOf = (own) => conceal(CONNECTION, prototype, own);

// openRemote returns a handle of a connection of another node, with what the node has answered.
export function openRemote([id, url, protocol, remoteAddress, headers, state, data, buffered]) {
  const own = handleState(id);
  own[DATA] = null; // no event saves it
  own[FACTS] = [url, protocol, remoteAddress, headers];
  own[REMOTE] = { state, data, buffered };
  return handleOf(own);
}

const HEADERS = 3;

// factOf returns a property of the connection that does not change, or "" if the connection has ended.
function factOf(own, index) {
  own[FACTS] ??= host.facts(own[ID]);
  return own[FACTS]?.[index] ?? "";
}

// endEvent saves the data of a connection at the end of an event, if listeners have changed it, before the next event of the
// connection. An error is reported, and the last saved value is kept.
export function endEvent(id, connection) {
  endEventOf(id, reveal(CONNECTION, connection));
}

// endEventOf is endEvent for the state of a handle.
export function endEventOf(id, own) {
  const data = own[DATA];
  own[DATA] = null;
  if (own[STATE] === CONNECTING) own[STATE] = undefined;
  if (data) save(id, own[ID], data);
}

// save saves data unless its serialized form is still text.
function save(id, connection, { value, text }) {
  if (value === undefined && text === undefined) return;
  try {
    const current = serializeData(value);
    if (current !== text) host.setData(connection, current);
  } catch (error) {
    report(id, error);
  }
}

// serializeData serializes the data of a connection, and checks its size.
export const serializeData = (value) => serializeWithin(value, maxData, "data of a connection");

function serializeWithin(value, limit, what) {
  const text = serialize(value);
  if (text.length * 3 > limit && host.encode(text).byteLength > limit) {
    throw new DOMException(`The ${what} must not exceed ${limit} bytes when serialized`, "DataCloneError");
  }
  return text;
}
