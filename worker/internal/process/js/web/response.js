import { gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { bodyContent, setInit, setSource } from "./body.js";
import { streamOf } from "./bodies.js";
import { isWhole } from "./content.js";
import { platform } from "./define.js";
import { Headers, toPairs } from "./headers.js";
import { NativeResponse, prepare, standIn } from "./native.js";

const sockets = new WeakMap(); // the WebSockets of responses with the status 101
const maxDecoded = 10 << 20; // maximum size of a body after its content coding has been undone, in bytes

// isWebSocket reports whether a value is a WebSocket. setWebSocketTest sets it, for the modules that define the class.
let isWebSocket = () => false;
export function setWebSocketTest(test) {
  isWebSocket = test;
}

prepare("Response", (native) => {
  const { prototype } = native;
  // webSocket is the WebSocket of a response with the status 101, or null.
  const webSocket = {
    get() {
      return sockets.get(this) ?? null;
    },
    enumerable: true,
    configurable: true,
  };
  Object.defineProperty(prototype, "webSocket", webSocket);
  Object.defineProperty(prototype, "constructor", { value: Response, writable: true, configurable: true });
  native.json = json;
  platform.add(prototype);
});

// Response is the class of the runtime, whose constructor also accepts the status 101 with a webSocket.
export const Response = standIn("Response", (native, [body, init], newTarget) => {
  if ((init?.webSocket ?? null) !== null) return withSocket(native, body, init, newTarget);
  const response = Reflect.construct(native, [body, init], newTarget);
  setInit(response, body);
  if (init instanceof native && isDecoded(init)) dropCoding(response.headers);
  return response;
});

// json is Response.json. Its text is known, so that its stream need not be read.
function json(data, init = {}) {
  const text = JSON.stringify(data);
  if (text === undefined) throw new TypeError("Response.json expects a value that JSON can represent");
  const headers = new Headers(init.headers);
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  return new Response(text, { status: init.status, statusText: init.statusText, headers });
}

function withSocket(native, body, init, newTarget) {
  const { status, statusText, headers, webSocket } = init;
  if (!isWebSocket(webSocket)) throw new TypeError("The webSocket of a response must be a WebSocket, such as one end of a WebSocketPair");
  if (Number(status) !== 101) throw new RangeError(`A response with a webSocket must have the status 101, but got ${status}`);
  if (body !== null && body !== undefined) throw new TypeError("A response with the status 101 must not have a body");
  return upgraded(Reflect.construct(native, [null, { headers, statusText }], newTarget), webSocket);
}

// upgraded makes a response one with the status 101 and a WebSocket.
function upgraded(response, webSocket) {
  sockets.set(response, webSocket);
  return override(response, {
    status: 101,
    ok: false,
    clone() {
      throw new TypeError("A response with a WebSocket cannot be cloned");
    },
  });
}

function override(response, values) {
  for (const [key, value] of Object.entries(values)) Object.defineProperty(response, key, { value, configurable: true });
  return response;
}

// isDecoded reports whether a response is one of the runtime's fetch, which undoes content codings but does not remove the fields about them.
const isDecoded = ({ url, headers }) => url !== "" && headers.has("content-encoding");

function dropCoding(headers) {
  headers.delete("content-encoding");
  headers.delete("content-length");
}

// makeResponse creates a Response with parts that scripts cannot set: { status, statusText, headers, url, redirected, webSocket, body, coding },
// with body as bytes, a body that Linger receives, or null.
export function makeResponse({ status, statusText, headers, url = "", redirected = false, webSocket, body = null, coding }) {
  if (webSocket) return override(upgraded(new NativeResponse(null, { statusText, headers }), webSocket), { url });
  const source = body !== null && coding && isWhole(body) ? decode(coding, body) : body;
  const response = new NativeResponse(source === null || isWhole(source) ? source : streamOf(source), { status, statusText, headers });
  if (source !== null) setSource(response, source);
  return override(response, { url, redirected });
}

const decoders = { gzip: gunzipSync, "x-gzip": gunzipSync, deflate: inflate };

const decode = (coding, bytes) => new Uint8Array(decoders[coding](bytes, { maxOutputLength: maxDecoded }));

// inflate accepts the deflate format without the zlib format around it too, as browsers do.
function inflate(bytes, options) {
  return (bytes[0] & 0x0f) === 8 ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
}

// takeParts returns the parts of a response, and marks its body as used: { status, headers, body, decode }, with headers as a flat list of names and
// values, and body as Content.take returns it, or null.
export function takeParts(response) {
  let { headers } = response;
  if (isDecoded(response)) dropCoding((headers = new Headers(headers)));
  return { status: response.status, headers: toPairs(headers), body: bodyContent(response)?.take() ?? null, decode: true };
}
