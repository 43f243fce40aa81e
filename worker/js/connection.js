import { deserialize, serialize } from "web/clone.js";
import { expect, refuse } from "web/define.js";
import { DOMException } from "web/exception.js";
import { fromPairs, guard, Headers } from "web/headers.js";
import { conceal, CONNECTION, host, reveal } from "web/host.js";
import { codeOf, reasonOf } from "./close_status.js";
import { report } from "./report.js";

const maxData = 65536; // bytes of a connection's data, serialized
export const CONNECTING = 0;
const OPEN = 1;
export const CLOSED = 3;

// A connection keeps these, by index: an array costs the engine a fraction of what an object does.
const ID = 0;
const STATE = 1; // CONNECTING during the upgrade event, CLOSED from the close event on, else undefined
const DATA = 2; // { value, text }: the data that was read, and what it was read from; null when its event is over and none is kept
const FACTS = 3; // url, protocol, remoteAddress and headers, if asked for

// WebSocketConnection is a handle: what it stands for is held outside of the engine and outlives it.
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
  // remoteAddress is the client's IP address: of the TCP peer or, behind a trusted proxy, of who asked that.
  get remoteAddress() {
    return factOf(reveal(CONNECTION, this), 2);
  }
  // headers are those of the upgrade request. They cannot be changed.
  get headers() {
    const own = reveal(CONNECTION, this);
    const fields = factOf(own, HEADERS) || host.headers(own[ID]);
    if (!Array.isArray(fields)) return fields ?? none;
    return (own[FACTS][HEADERS] = guard(fromPairs(fields), "immutable"));
  }
  get readyState() {
    const own = reveal(CONNECTION, this);
    if (own[STATE] === CLOSED) return CLOSED; // also while TCP is still ending behind it
    const state = host.state(own[ID]);
    return state === OPEN ? (own[STATE] ?? OPEN) : state;
  }
  get bufferedAmount() {
    return host.buffered(reveal(CONNECTION, this)[ID]);
  }

  // data is the application's value: any that structuredClone can copy. It survives every event and the engine itself.
  get data() {
    const own = reveal(CONNECTION, this);
    if (own[DATA]) return own[DATA].value;
    const text = host.data(own[ID]);
    const value = text === undefined ? undefined : deserialize(text);
    if (own[DATA] === undefined) own[DATA] = { value, text };
    return value;
  }
  set data(value) {
    const own = reveal(CONNECTION, this);
    host.setData(own[ID], freeze(value));
    if (own[DATA]) own[DATA] = undefined;
  }

  send(message) {
    if (typeof message !== "string" && !(message instanceof ArrayBuffer) && !ArrayBuffer.isView(message)) {
      throw new TypeError("send expects a string, an ArrayBuffer or a view of one: turn other values into text, with JSON.stringify for instance");
    }
    host.send(reveal(CONNECTION, this)[ID], message);
  }

  // close starts the closing handshake. With { discard: true } what waits to be sent is dropped, so that it comes first.
  close(code = 1000, reason, options) {
    host.close(reveal(CONNECTION, this)[ID], codeOf(code), reasonOf(reason), Boolean(options?.discard));
  }

  subscribe(channel) {
    expect(arguments.length, 1, "WebSocketConnection.subscribe");
    host.subscribe(reveal(CONNECTION, this)[ID], String(channel));
  }
  unsubscribe(channel) {
    expect(arguments.length, 1, "WebSocketConnection.unsubscribe");
    host.unsubscribe(reveal(CONNECTION, this)[ID], String(channel));
  }
}

// open makes the handle that an event's listeners get. The events that make and end a connection say its state.
const { prototype } = WebSocketConnection;
export const open = (id, state) => handle(keep(id, state));

// keep makes what a handle keeps, and handle the handle: open in two steps, for those who need both.
export const keep = (id, state) => [id, state, undefined, undefined];
export const handle = (own) => conceal(CONNECTION, prototype, own);

const HEADERS = 3;
const none = guard(new Headers(), "immutable");

function factOf(own, index) {
  own[FACTS] ??= host.facts(own[ID]);
  return own[FACTS]?.[index] ?? "";
}

// closeEvent ends a connection's event: what listeners changed in its data is saved now, before the next event of the
// connection. What cannot be saved is reported, and the last good value stays.
export function closeEvent(id, connection) {
  closeKept(id, reveal(CONNECTION, connection));
}

// closeKept is closeEvent for what keep has made.
export function closeKept(id, own) {
  const data = own[DATA];
  own[DATA] = null;
  if (own[STATE] === CONNECTING) own[STATE] = undefined;
  if (data) save(id, own[ID], data);
}

function save(id, connection, { value, text }) {
  if (value === undefined && text === undefined) return;
  try {
    const now = freeze(value);
    if (now !== text) host.setData(connection, now);
  } catch (error) {
    report(id, error);
  }
}

// freeze writes data as text, within its bound.
export function freeze(value) {
  const text = serialize(value);
  if (text.length * 3 > maxData && host.encode(text).byteLength > maxData) {
    throw new DOMException(`The data of a connection holds at most ${maxData} bytes when serialized`, "DataCloneError");
  }
  return text;
}
