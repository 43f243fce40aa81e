import { endOf, host, Offer, secret, setEnd, tag, Transport, WebSocket } from "shared";

const maxTags = 10;
const maxTag = 256; // in bytes
const maxEventTimeout = 604800000; // 7 days, in milliseconds

// HibernatableEnd is the end of a WebSocket that an object has accepted with acceptWebSocket. Go has its state, because the WebSocket stays
// open when the object is evicted; then the object gets another WebSocket object for it.
export class HibernatableEnd {
  number; // identifies the WebSocket in Go
  link;
  incoming;
  outgoing;
  accepted = true;
  constructed = false;
  connecting = false;
  ended = false;
  relay = null;
  url = null;
  protocol = "";
  extensions = "";
  binaryType = "arraybuffer";

  constructor(number) {
    this.number = number;
    this.link = new Transport(number);
    [this.incoming, this.outgoing] = host.halves(number);
  }

  get readyState() {
    if (!this.incoming && !this.outgoing) return 3;
    return this.incoming && this.outgoing ? 1 : 2;
  }

  get attachment() {
    return host.attachment(this.number);
  }
  set attachment(text) {
    host.setAttachment(this.number, text);
  }

  accept() {
    throw new TypeError("Can't accept() WebSocket after enabling hibernation.");
  }
  send(message) {
    this.link.send(message);
  }
  close(code, reason) {
    if (!this.outgoing) return;
    this.outgoing = false;
    this.link.close(code, reason);
  }
}

// hibernate makes an end of a pair a hibernatable WebSocket of an object.
export function hibernate(live, socket, given = []) {
  const end = expectSocket(socket, "acceptWebSocket");
  if (!Array.isArray(given)) throw new TypeError("Failed to execute 'acceptWebSocket' on 'DurableObjectState': parameter 2 is not of type 'Array'.");
  const tags = tagsOf(given);
  if (end.accepted) throw new Error("Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`");
  const other = end.link.near;
  if (end.link instanceof Offer || end.relay || other?.accepted || other?.relay) {
    throw new Error("Cannot call `acceptWebSocket()` on this WebSocket because its pair has already been accepted or used in a Response.");
  }
  if (!other) throw new Error("Cannot call `acceptWebSocket()` on a WebSocket that is not an end of a WebSocketPair");
  const [number, offer] = host.hibernate(live.number, tags);
  const hibernatable = new HibernatableEnd(number);
  if (end.attachment !== undefined) hibernatable.attachment = end.attachment;
  other.link = new Offer(offer);
  setEnd(socket, hibernatable);
  keep(live, number, socket);
}

// tagsOf checks the tags of a WebSocket. Each counts once.
function tagsOf(given) {
  const tags = [...new Set(given.map(String))];
  if (tags.length > maxTags) throw new Error(`a Hibernatable WebSocket cannot have more than ${maxTags} tags`);
  for (const text of tags) {
    if (host.encode(text).byteLength > maxTag) throw new Error(`"${text}" is longer than the max tag length (${maxTag} characters).`);
  }
  return tags;
}

// socketOf returns the WebSocket object for a hibernatable WebSocket of an object. It is the same one as long as the instance exists.
export function socketOf(live, number) {
  let socket = live.sockets.get(number);
  if (!socket) {
    socket = new WebSocket(secret, new HibernatableEnd(number));
    keep(live, number, socket);
  }
  return socket;
}

// keep records a WebSocket object. When their number has doubled, those of WebSockets that have ended are forgotten.
function keep(live, number, socket) {
  live.sockets.set(number, socket);
  if (live.sockets.size < live.maxSockets) return;
  for (const other of live.sockets.keys()) {
    if (!host.halves(other).includes(true)) live.sockets.delete(other);
  }
  live.maxSockets = Math.max(64, 2 * live.sockets.size);
}

// socketsOf returns the hibernatable WebSockets of an object: all with the newest first, or those with a tag with the oldest first.
export function socketsOf(live, given) {
  if (given !== undefined) return host.hibernatables(live.number, `${given}`).map((number) => socketOf(live, number));
  return host.hibernatables(live.number).reverse().map((number) => socketOf(live, number));
}

// getTags returns the tags of a hibernatable WebSocket.
export function getTags(socket) {
  const end = expectSocket(socket, "getTags");
  if (end instanceof HibernatableEnd) return host.socketTags(end.number);
  throw new Error(
    end.accepted
      ? "only hibernatable websockets can have tags."
      : "you must call 'acceptWebSocket()' before attempting to access the tags of a WebSocket.",
  );
}

// WebSocketRequestResponsePair is a message, and the response that is sent to it without an event.
export class WebSocketRequestResponsePair {
  #request;
  #response;

  constructor(request, response) {
    for (const [i, value] of [request, response].entries()) {
      if (value !== undefined) continue;
      throw new TypeError(`Failed to construct 'WebSocketRequestResponsePair': constructor parameter ${i + 1} is not of type 'string'.`);
    }
    this.#request = `${request}`;
    this.#response = `${response}`;
  }

  get request() {
    return this.#request;
  }
  get response() {
    return this.#response;
  }
}

tag(WebSocketRequestResponsePair);

// setAutoResponse sets the automatic response of an object's hibernatable WebSockets; undefined means none.
export function setAutoResponse(live, pair) {
  if (pair === undefined) return host.setObjectAutoResponse(live.number);
  if (!(pair instanceof WebSocketRequestResponsePair)) {
    throw new TypeError("Failed to execute 'setWebSocketAutoResponse' on 'DurableObjectState': parameter 1 is not of type 'WebSocketRequestResponsePair'.");
  }
  expectShort("Request", pair.request);
  expectShort("Response", pair.response);
  host.setObjectAutoResponse(live.number, pair.request, pair.response);
}

const maxAutoResponse = 2048; // in bytes

// expectShort checks the size of an automatic response or of the request for it.
function expectShort(what, text) {
  const size = host.encode(text).byteLength;
  if (size > maxAutoResponse) {
    throw new RangeError(`${what} cannot be larger than ${maxAutoResponse} bytes. A ${what.toLowerCase()} of size ${size} was provided.`);
  }
}

// getAutoResponse returns the automatic response of an object's hibernatable WebSockets, null if there is none.
export function getAutoResponse(live) {
  const pair = host.objectAutoResponse(live.number);
  return pair ? new WebSocketRequestResponsePair(...pair) : null;
}

// getAutoResponseTimestamp returns the time of the last automatic response on a WebSocket as a Date, null if there was none.
export function getAutoResponseTimestamp(socket) {
  const end = expectSocket(socket, "getWebSocketAutoResponseTimestamp");
  const time = end instanceof HibernatableEnd ? host.autoResponseTime(end.number) : undefined;
  return time === undefined ? null : new Date(time);
}

// setEventTimeout sets the time in milliseconds in which the events of an object's hibernatable WebSockets must be handled; 0 means the
// default.
export function setEventTimeout(live, given = 0) {
  const timeout = Math.trunc(given);
  if (timeout < 0) throw new TypeError("The value cannot be converted because it is negative and this API expects a positive number.");
  if (timeout > maxEventTimeout) throw new Error(`Event timeout should not exceed ${maxEventTimeout} ms.`);
  host.setSocketEventTimeout(live.number, timeout);
}

export const getEventTimeout = (live) => host.socketEventTimeout(live.number) || null;

// expectSocket returns the End of a WebSocket that is the first argument of a method of DurableObjectState.
function expectSocket(socket, method) {
  const end = endOf(socket);
  if (!end) throw new TypeError(`Failed to execute '${method}' on 'DurableObjectState': parameter 1 is not of type 'WebSocket'.`);
  return end;
}
