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

const maxAttachment = 16384; // maximum size of a serialized attachment, in bytes

// endOf returns the End of a WebSocket, and undefined for any other value. setEnd replaces it.
export let endOf, setEnd;

// connect connects an End to a URL. setConnector sets it.
let connect = () => {
  throw new DOMException("Outgoing WebSockets are not supported", "NotSupportedError");
};
export function setConnector(connector) {
  connect = connector;
}

export class WebSocket extends EventTarget {
  #end;

  static {
    endOf = (value) => (typeof value === "object" && value !== null && #end in value ? value.#end : undefined);
    setEnd = (socket, end) => {
      socket.#end = end;
    };
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

  // accept starts the delivery of events, and allows the script to send. With allowHalfOpen a peer's Close is not answered
  // automatically: the script may continue to send, and must close the WebSocket.
  accept(options) {
    const end = this.#end;
    if (end.constructed) throw new TypeError("accept() must not be called on a WebSocket that was created with new WebSocket(url)");
    if (end.relay) throw new TypeError("accept() was called on a WebSocket that has been used in a response: call it on the other end of its pair");
    end.accept(settings.halfOpen || Boolean(options?.allowHalfOpen));
  }

  send(message) {
    expect(arguments.length, 1, "WebSocket.send");
    const end = this.#end;
    const content = contentToSend(message);
    this.#checkUsable("send");
    if (end.connecting) throw new DOMException("send() was called before the WebSocket was open: wait for its open event", "InvalidStateError");
    if (!end.outgoing && !end.constructed) throw new TypeError("Can't call WebSocket send() after close().");
    if (end.outgoing) end.send(content);
  }

  // close checks its arguments first. It has no effect if the WebSocket has already been closed.
  close(code, reason) {
    const status = statusOf(code, reason);
    this.#checkUsable("close");
    this.#end.close(status.code, status.reason);
  }

  // serializeAttachment stores a copy of a value in the WebSocket object.
  serializeAttachment(value) {
    expect(arguments.length, 1, "serializeAttachment");
    const text = serialize(value);
    if (text.length * 3 > maxAttachment && host.encode(text).byteLength > maxAttachment) {
      throw new Error(`A WebSocket 'attachment' cannot be larger than ${maxAttachment} bytes.'attachment' was ${host.encode(text).byteLength} bytes.`);
    }
    this.#end.attachment = text;
  }
  deserializeAttachment() {
    const { attachment } = this.#end;
    return attachment === undefined ? null : deserialize(attachment);
  }

  // checkUsable throws if the script cannot send with this WebSocket or close it.
  #checkUsable(what) {
    const end = this.#end;
    if (end.relay) throw new TypeError(`${what}() was called on a WebSocket that has been used in a response: use the other end of its pair`);
    if (!end.accepted && !end.constructed) {
      throw new TypeError("You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.");
    }
  }
}

// contentToSend converts a message to a string, or to an ArrayBuffer that is a copy.
function contentToSend(message) {
  if (isBuffer(message) || ArrayBuffer.isView(message)) return bytesOf(message).slice().buffer;
  const blob = blobBytes(message);
  return blob ? blob.slice().buffer : `${message}`;
}

// statusOf checks the arguments of close. A reason is not allowed without a code.
function statusOf(given, reason) {
  if (given === undefined) {
    if (reason !== undefined) throw new DOMException("A close reason needs a code: pass both to close", "InvalidAccessError");
    return { code: undefined, reason: "" };
  }
  return { code: codeOf(given), reason: reasonOf(reason) };
}

for (const type of ["open", "message", "close", "error"]) handlerAttribute(WebSocket.prototype, type);
setWebSocketTest((value) => endOf(value) !== undefined);
