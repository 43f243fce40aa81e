import { Body, bodyContent, extract } from "./body.js";
import { Content } from "./content.js";
import { expect, optionsOf, secret, tag } from "./define.js";
import { guard, Headers, toPairs } from "./headers.js";
import { URL } from "./url.js";

const withoutBody = new Set([101, 103, 204, 205, 304]); // Fetch Standard, section 2.2.3
const redirects = new Set([301, 302, 303, 307, 308]);
const reason = /^[\t\x20-\x7e\x80-\xff]*$/; // RFC 9112, section 4

// makeResponse creates a Response with parts that scripts cannot set: { status, statusText, headers, url, redirected,
// webSocket, body, coding, foreign }, with body as bytes, a body that Go receives, or null, and coding and foreign as for
// Content.
//
// takeParts returns the parts of a response, and marks its body as used: { status, headers, body, decode }, with headers as a
// flat list of names and values, and body as Content.take returns it, or null. decode reports whether the content codings of a
// received body are undone.
export let makeResponse, takeParts;

// isWebSocket reports whether a value is a WebSocket. setWebSocketTest sets it, for the modules that define the class.
let isWebSocket = () => false;
export function setWebSocketTest(test) {
  isWebSocket = test;
}

export class Response extends Body {
  #type;
  #status;
  #statusText;
  #headers;
  #webSocket;
  #url;
  #redirected;

  static {
    makeResponse = (parts) => {
      parts.content = (parts.body ?? null) === null ? null : new Content(parts.body, parts.coding, parts.foreign);
      return new Response(secret, parts);
    };
    takeParts = (response) => response.#takeParts();
  }

  constructor(body = undefined, init = undefined) {
    const parts = body === secret ? init : compose(body, optionsOf(init, "new Response"));
    super(parts.content ?? null);
    this.#type = parts.type ?? "default";
    this.#status = parts.status;
    this.#statusText = parts.statusText ?? "";
    this.#headers = parts.headers ?? new Headers();
    this.#webSocket = parts.webSocket ?? null;
    this.#url = parts.url ?? "";
    this.#redirected = parts.redirected ?? false;
  }

  // The body of a received response keeps its content coding when it is sent, unless the script has set content-encoding.
  #takeParts() {
    const headers = toPairs(this.#headers);
    const content = bodyContent(this);
    const { coding } = content ?? {};
    const keepCoding = Boolean(coding) && !this.#headers.has("content-encoding");
    if (keepCoding) headers.push("content-encoding", coding);
    return { status: this.#status, headers, body: content?.take(keepCoding) ?? null, decode: !keepCoding };
  }

  static json(data, init = undefined) {
    expect(arguments.length, 1, "Response.json");
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("Response.json expects a value that JSON can represent");
    return new Response(secret, compose(text, optionsOf(init, "Response.json"), "application/json"));
  }

  static redirect(url, status = 302) {
    expect(arguments.length, 1, "Response.redirect");
    if (!URL.canParse(url)) {
      throw new TypeError(`Response.redirect expects an absolute URL, but got ${JSON.stringify(String(url))}: resolve it against request.url`);
    }
    if (!redirects.has(Number(status))) {
      throw new RangeError(`Response.redirect expects the status ${[...redirects].join(", ")}, but got ${status}`);
    }
    const headers = guard(new Headers({ location: new URL(url).href }), "immutable");
    return new Response(secret, { status: Number(status), headers });
  }

  static error() {
    return new Response(secret, { type: "error", status: 0, headers: guard(new Headers(), "immutable") });
  }

  get type() {
    return this.#type;
  }
  get url() {
    return this.#url;
  }
  get redirected() {
    return this.#redirected;
  }
  get status() {
    return this.#status;
  }
  get ok() {
    return this.#status >= 200 && this.#status <= 299;
  }
  get statusText() {
    return this.#statusText;
  }
  get headers() {
    return this.#headers;
  }
  // webSocket is the WebSocket of a response with the status 101, or null.
  get webSocket() {
    return this.#webSocket;
  }

  clone() {
    if (this.#webSocket) throw new TypeError("A response with a WebSocket cannot be cloned");
    return new Response(secret, {
      type: this.#type,
      status: this.#status,
      statusText: this.#statusText,
      headers: new Headers(this.#headers),
      url: this.#url,
      redirected: this.#redirected,
      content: bodyContent(this)?.copy() ?? null,
    });
  }
}

// compose returns the parts of a response from the arguments of the constructor.
function compose(body, init, defaultType) {
  const status = init.status === undefined ? 200 : Math.trunc(Number(init.status)) & 0xffff; // an unsigned short
  const webSocket = socketOf(init.webSocket, status);
  if (!(status >= 200 && status <= 599) && !webSocket) {
    throw new RangeError(`The status of a response must be from 200 to 599, or 101 with a webSocket, but got ${init.status}`);
  }
  const statusText = String(init.statusText ?? "");
  if (statusText !== "" && !reason.test(statusText)) {
    throw new TypeError(`${JSON.stringify(statusText)} is not a valid status text: it must be one line of characters up to U+00FF`);
  }
  const headers = new Headers(init.headers);
  const { content, type } = extract(body);
  if (content !== null && withoutBody.has(status)) throw new TypeError(`A response with the status ${status} must not have a body`);
  if (content !== null && !headers.has("content-type") && (defaultType ?? type)) headers.set("content-type", defaultType ?? type);
  return { status, statusText, headers, content, webSocket };
}

// socketOf checks the option webSocket.
function socketOf(given, status) {
  if (given === undefined || given === null) return null;
  if (!isWebSocket(given)) throw new TypeError("The webSocket of a response must be a WebSocket, such as one end of a WebSocketPair");
  if (status !== 101) throw new RangeError(`A response with a webSocket must have the status 101, but got ${status}`);
  return given;
}

tag(Response);
