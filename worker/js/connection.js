import { deserialize, serialize } from "web/clone.js";
import { expect, refuse, secret } from "web/define.js";
import { DOMException } from "web/exception.js";
import { host } from "web/host.js";
import { report } from "./report.js";

const maxData = 65536; // bytes of a connection's data, serialized
const maxReason = 123; // bytes: RFC 6455, section 5.5
export const CONNECTING = 0;
const OPEN = 1;
export const CLOSED = 3;

// open makes the handle that an event's listeners get. The events that make and end a connection say its state.
export let open;

let finish;

// WebSocketConnection is a handle: what it stands for is held outside of the engine and outlives it.
export class WebSocketConnection {
  #id;
  #state; // CONNECTING during the upgrade event, CLOSED from the close event on, else undefined
  #active = true; // its event is not over, so data read once is kept, and saved at the end
  #data; // { value, text }: the data that was read, and what it was read from
  #facts; // url and protocol, if asked for

  static {
    open = (id, state) => new WebSocketConnection(secret, id, state);
    finish = (connection) => connection.#finish();
  }

  constructor(key, id, state) {
    if (key !== secret) refuse("WebSocketConnection");
    this.#id = id;
    this.#state = state;
  }

  get id() {
    return this.#id;
  }
  get url() {
    return this.#fact(0);
  }
  get protocol() {
    return this.#fact(1);
  }
  get readyState() {
    if (this.#state === CLOSED) return CLOSED; // also while TCP is still ending behind it
    const state = host.state(this.#id);
    return state === OPEN ? (this.#state ?? OPEN) : state;
  }
  get bufferedAmount() {
    return host.buffered(this.#id);
  }

  // data is the application's value: any that structuredClone can copy. It survives every event and the engine itself.
  get data() {
    if (this.#data) return this.#data.value;
    const text = host.data(this.#id);
    const value = text === undefined ? undefined : deserialize(text);
    if (this.#active) this.#data = { value, text };
    return value;
  }
  set data(value) {
    host.setData(this.#id, freeze(value));
    this.#data = undefined;
  }

  send(message) {
    expect(arguments.length, 1, "WebSocketConnection.send");
    if (typeof message !== "string" && !(message instanceof ArrayBuffer) && !ArrayBuffer.isView(message)) {
      throw new TypeError("send expects a string, an ArrayBuffer or a view of one: turn other values into text, with JSON.stringify for instance");
    }
    host.send(this.#id, message);
  }

  // close starts the closing handshake. With { discard: true } what waits to be sent is dropped, so that it comes first.
  close(code, reason, options) {
    host.close(this.#id, codeOf(code), reasonOf(reason), Boolean(options?.discard));
  }

  subscribe(channel) {
    expect(arguments.length, 1, "WebSocketConnection.subscribe");
    host.subscribe(this.#id, String(channel));
  }
  unsubscribe(channel) {
    expect(arguments.length, 1, "WebSocketConnection.unsubscribe");
    host.unsubscribe(this.#id, String(channel));
  }

  #fact(index) {
    this.#facts ??= host.facts(this.#id);
    return this.#facts?.[index] ?? "";
  }

  // What listeners changed in place is saved now, before the next event of the connection.
  #finish() {
    this.#active = false;
    if (this.#state === CONNECTING) this.#state = undefined;
    const data = this.#data;
    this.#data = undefined;
    if (!data || (data.value === undefined && data.text === undefined)) return;
    const text = freeze(data.value);
    if (text !== data.text) host.setData(this.#id, text);
  }
}

// closeEvent ends a connection's event: what listeners changed in its data is saved. What cannot be saved is reported, and
// the last good value stays.
export function closeEvent(id, connection) {
  try {
    finish(connection);
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

// RFC 6455, section 7.4, and the codes registered since.
function codeOf(given) {
  if (given === undefined) return 1000;
  const code = Math.trunc(Number(given));
  const known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  if (!known && !(code >= 3000 && code <= 4999)) {
    throw new DOMException(`An application closes with 1000 to 1003, 1007 to 1014 or 3000 to 4999, but got ${given}`, "InvalidAccessError");
  }
  return code;
}

function reasonOf(given) {
  if (given === undefined) return "";
  const reason = String(given).toWellFormed();
  if (reason.length * 3 > maxReason && host.encode(reason).byteLength > maxReason) {
    throw new DOMException(`A close reason has at most ${maxReason} bytes of UTF-8`, "SyntaxError");
  }
  return reason;
}
