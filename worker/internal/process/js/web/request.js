import { AbortController } from "./abort.js";
import { forgetSource, isTaken, setInit, setSource, setStreamSource, takeStreamSource, wholeOf } from "./body.js";
import { streamOf } from "./bodies.js";
import { isWhole } from "./content.js";
import { define, platform } from "./define.js";
import { fromPairs, guard } from "./headers.js";
import { NativeRequest, NativeResponse, prepare, standIn } from "./native.js";

// toNative returns the request of the runtime for a request of a client, and any other value unchanged. Without withBody it has no body;
// otherwise the body of the client's request is used then.
export let toNative;

let isReceived, nativeOf, asResponse;

// ReceivedRequest is the request of a client. Only its URL and its method exist from the start: the headers, the signal and the request
// of the runtime, which has everything else, are created when they are needed.
class ReceivedRequest {
  #parts; // { method, url, headers, body, makeSignal }
  #headers;
  #signal;
  #native; // without the signal
  #passed = false; // another request has the body

  static {
    nativeOf = (request) => request.#ensureNative();
    asResponse = (request) => request.#asResponse();
    isReceived = (value) => typeof value === "object" && value !== null && #parts in value;
    toNative = (value, withBody) => (isReceived(value) ? value.#pass(withBody) : value);
  }

  constructor(parts) {
    this.#parts = parts;
    if (parts.body !== null) setSource(this, parts.body, () => null);
  }

  get method() {
    return this.#parts.method;
  }
  get url() {
    return this.#parts.url;
  }
  get headers() {
    return (this.#headers ??= guard(fromPairs(this.#parts.headers), "immutable"));
  }
  get signal() {
    return (this.#signal ??= this.#parts.makeSignal?.() ?? new AbortController().signal);
  }
  get body() {
    return this.#parts.body === null ? null : this.#ensureNative().body;
  }
  get bodyUsed() {
    return this.#passed || isTaken(this) || (this.#native?.bodyUsed ?? false);
  }

  clone() {
    return new NativeRequest(this.#ensureNative().clone(), { signal: this.signal });
  }

  // asResponse returns an object of the runtime that reads the body: the request, if there is one, or a response with the whole body,
  // whose reading begins at once.
  async #asResponse() {
    if (this.#native) return this.#native;
    const whole = wholeOf(this);
    return new NativeResponse(whole instanceof Promise ? await whole : whole, { headers: this.headers });
  }

  // A client may send a body with the method GET, for which the runtime does not allow one: then its request has another method.
  #ensureNative() {
    if (this.#native) return this.#native;
    const { method, url, body } = this.#parts;
    if (isTaken(this)) return (this.#native = used(url));
    forgetSource(this);
    this.#native = new NativeRequest(url, {
      method: body !== null && isWithoutBody(method) ? "POST" : method,
      headers: this.headers,
      body: body === null || isWhole(body) ? body : streamOf(body),
      duplex: "half",
      redirect,
    });
    if (body !== null) setStreamSource(this.#native, body);
    return this.#native;
  }

  #pass(withBody) {
    const { method, url, body } = this.#parts;
    if (!withBody || body === null || isWithoutBody(method)) return new NativeRequest(url, { method, headers: this.headers, redirect, signal: this.signal });
    const request = new NativeRequest(this.#ensureNative(), { signal: this.signal });
    this.#passed = true;
    return request;
  }
}

const isWithoutBody = (method) => method === "GET" || method === "HEAD";

// If an application passes on a client's request, redirects are for the client, as in the Workers runtime.
const redirect = "manual";

// used returns a request whose body has been read.
function used(url) {
  const request = new NativeRequest(url, { method: "POST", body: "" });
  request.text();
  return request;
}

for (const name of ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]) {
  const method = async function () {
    return (await asResponse(this))[name]();
  };
  define(ReceivedRequest.prototype, { [name]: method });
}

// The other members are those of the request of the runtime.
prepare("Request", ({ prototype }) => {
  const own = Object.getOwnPropertyDescriptors(ReceivedRequest.prototype);
  const members = Object.getOwnPropertyDescriptors(prototype);
  for (const [key, member] of Object.entries(members)) {
    if (Object.hasOwn(own, key)) continue;
    if (member.get) Object.defineProperty(ReceivedRequest.prototype, key, { ...member, get: getterOf(key) });
    else if (typeof member.value === "function") Object.defineProperty(ReceivedRequest.prototype, key, { ...member, value: methodOf(key) });
  }
  Object.setPrototypeOf(ReceivedRequest.prototype, prototype);
  platform.add(prototype);
});

function getterOf(key) {
  return function () {
    return nativeOf(this)[key];
  };
}

function methodOf(key) {
  return function (...args) {
    return nativeOf(this)[key](...args);
  };
}

// Request is the class of the runtime, whose constructor also accepts requests of clients.
export const Request = standIn("Request", (native, [input, given], newTarget) => {
  const init = toOptions(given);
  const request = Reflect.construct(native, [toNative(input, (init?.body ?? null) === null), init], newTarget);
  setInit(request, init?.body);
  return request;
});
Object.defineProperty(ReceivedRequest.prototype, "constructor", { value: Request, writable: true, configurable: true });

// isRequest reports whether a value is a Request.
export const isRequest = (value) => isReceived(value) || value instanceof NativeRequest;

// toOptions returns the options of a request with a body that every runtime accepts: the text or the bytes of a stream that nothing has read, if they
// are known, or a stream with the option duplex. A request that is given as options has its properties in its prototype.
export function toOptions(init) {
  if (!(init?.body instanceof ReadableStream)) return init;
  const known = takeStreamSource(init.body);
  if (known === undefined && init.duplex !== undefined) return init;
  const { body, headers, method, redirect, signal } = init;
  const options = init instanceof NativeRequest ? { headers, method, redirect, signal } : init;
  return { ...options, body: known ?? body, duplex: "half" };
}

// makeRequest creates the Request of a client's request: { url, method, headers, body, makeSignal }, with headers as a flat list of names
// and values, and body as bytes, a body that Linger receives, or null. makeSignal, if it is given, creates the signal.
export const makeRequest = (parts) => new ReceivedRequest(parts);
