import { serialize, deserialize } from "web/clone.js";
import { blobBytes } from "web/blob.js";
import { expect, secret } from "web/define.js";
import { bytesOf, isBuffer } from "web/encoding.js";
import { DOMException } from "web/exception.js";
import { host } from "web/host.js";
import { setWebSocketTest } from "web/response.js";
import { EventTarget, handlerAttribute } from "web/target.js";
import { codeOf, reasonOf } from "./close_status.js";
import { settings } from "./settings.js";
import { End } from "./websocket_end.js";

const maxAttachment = 16384; // bytes, serialized

// endOf gives what a WebSocket stands for, undefined for anything else.
export let endOf;

// connect makes an End that leads to a URL. Who can sets it.
let connect = () => {
  throw new DOMException("There are no outgoing WebSockets here", "NotSupportedError");
};
export function setConnector(connector) {
  connect = connector;
}

export class WebSocket extends EventTarget {
  #end;
  #attachment;

  static {
    endOf = (value) => (typeof value === "object" && value !== null && #end in value ? value.#end : undefined);
  }

  constructor(url, protocols) {
    expect(arguments.length, 1, "new WebSocket");
    super();
    this.#end = url === secret ? protocols : new End();
    this.#end.socket = this;
    if (url !== secret) connect(this.#end, url, protocols);
  }

  get readyState() {
    return this.#end.readyState;
  }
  get url() {
    return this.#end.url;
  }
  get protocol() {
    return this.#end.protocol;
  }
  get extensions() {
    return this.#end.extensions;
  }
  get bufferedAmount() {
    return this.#end.ended ? 0 : (this.#end.link?.bufferedAmount ?? 0);
  }

  get binaryType() {
    return this.#end.binaryType;
  }
  set binaryType(type) {
    if (type !== "blob" && type !== "arraybuffer") return;
    this.#end.binaryType = type;
    this.#end.binaryTypeIsSet = true;
  }

  // accept has the events come, and lets the script send. With allowHalfOpen the peer's Close is not answered: the
  // script may send on, and closes.
  accept(options) {
    const end = this.#end;
    if (end.constructed) throw new TypeError("A WebSocket that was made with new WebSocket(url) needs no accept()");
    if (end.relay) throw new TypeError("accept() was called on a WebSocket that has been used in a response: call it on the other end of its pair");
    end.accept(settings.halfOpen || Boolean(options?.allowHalfOpen));
  }

  send(message) {
    expect(arguments.length, 1, "WebSocket.send");
    const end = this.#end;
    const content = contentToSend(message);
    this.#usable("send");
    if (end.connecting) throw new DOMException("send() was called before the WebSocket was open: wait for its open event", "InvalidStateError");
    if (!end.outgoing && !end.constructed) throw new TypeError("Can't call WebSocket send() after close().");
    if (end.outgoing) end.send(content);
  }

  // close checks what it was given before anything else, and is ignored where it comes too late.
  close(code, reason) {
    const status = statusOf(code, reason);
    this.#usable("close");
    this.#end.close(status.code, status.reason);
  }

  // serializeAttachment keeps a copy of a value with the socket, for as long as that lives.
  serializeAttachment(value) {
    expect(arguments.length, 1, "serializeAttachment");
    const text = serialize(value);
    if (text.length * 3 > maxAttachment && host.encode(text).byteLength > maxAttachment) {
      throw new RangeError(`The attachment of a WebSocket has at most ${maxAttachment} bytes when serialized`);
    }
    this.#attachment = text;
  }
  deserializeAttachment() {
    return this.#attachment === undefined ? null : deserialize(this.#attachment);
  }

  #usable(what) {
    const end = this.#end;
    if (end.relay) throw new TypeError(`${what}() was called on a WebSocket that has been used in a response: use the other end of its pair`);
    if (!end.accepted && !end.constructed) throw new TypeError(`${what}() was called before accept(): call accept() first`);
  }
}

// contentToSend gives text, or bytes of its own.
function contentToSend(message) {
  if (isBuffer(message) || ArrayBuffer.isView(message)) return bytesOf(message).slice().buffer;
  const blob = blobBytes(message);
  return blob ? blob.slice().buffer : `${message}`;
}

// statusOf checks the arguments of close: a reason needs a code.
function statusOf(given, reason) {
  if (given === undefined) {
    if (reason !== undefined) throw new DOMException("A close reason needs a code: give close both", "InvalidAccessError");
    return { code: undefined, reason: "" };
  }
  return { code: codeOf(given), reason: reasonOf(reason) };
}

for (const type of ["open", "message", "close", "error"]) handlerAttribute(WebSocket.prototype, type);
setWebSocketTest((value) => endOf(value) !== undefined);
