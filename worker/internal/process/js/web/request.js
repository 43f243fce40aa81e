import { AbortController } from "./abort.js";
import { forgetSource, isTaken, setInit, setSource } from "./body.js";
import { streamOf } from "./bodies.js";
import { isWhole } from "./content.js";
import { fromPairs, guard } from "./headers.js";
import { NativeRequest } from "./native.js";

// toNative returns the request of the runtime for a request of a client, whose body is used then. It returns any other value unchanged.
export let toNative;

let nativeOf;

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
    toNative = (value) => (typeof value === "object" && value !== null && #parts in value ? value.#pass() : value);
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

  // A client may send a body with the method GET, for which the runtime does not allow one: then its request has another method.
  #ensureNative() {
    if (this.#native) return this.#native;
    if (isTaken(this)) throw new TypeError("The body has already been read: clone the request before reading it");
    forgetSource(this);
    const { method, url, body } = this.#parts;
    this.#native = new NativeRequest(url, {
      method: body !== null && isWithoutBody(method) ? "POST" : method,
      headers: this.headers,
      body: body === null || isWhole(body) ? body : streamOf(body),
      duplex: "half",
      redirect,
    });
    return this.#native;
  }

  #pass() {
    const { method, url } = this.#parts;
    if (isWithoutBody(method)) return new NativeRequest(url, { method, headers: this.headers, redirect, signal: this.signal });
    const request = new NativeRequest(this.#ensureNative(), { signal: this.signal });
    this.#passed = this.#parts.body !== null;
    return request;
  }
}

const isWithoutBody = (method) => method === "GET" || method === "HEAD";

// If an application passes on a client's request, redirects are for the client, as in the Workers runtime.
const redirect = "manual";

// The other members are those of the request of the runtime.
const own = Object.getOwnPropertyDescriptors(ReceivedRequest.prototype);
for (const [key, member] of Object.entries(Object.getOwnPropertyDescriptors(NativeRequest.prototype))) {
  if (Object.hasOwn(own, key)) continue;
  if (member.get) Object.defineProperty(ReceivedRequest.prototype, key, { ...member, get: getterOf(key) });
  else if (typeof member.value === "function") Object.defineProperty(ReceivedRequest.prototype, key, { ...member, value: methodOf(key) });
}

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
export const Request = new Proxy(NativeRequest, {
  construct(target, [input, ...rest], newTarget) {
    const request = Reflect.construct(target, [toNative(input), ...rest], newTarget);
    setInit(request, rest[0]?.body);
    return request;
  },
});

Object.setPrototypeOf(ReceivedRequest.prototype, NativeRequest.prototype);
Object.defineProperty(ReceivedRequest.prototype, "constructor", { value: Request, writable: true, configurable: true });

// makeRequest creates the Request of a client's request: { url, method, headers, body, makeSignal }, with headers as a flat list of names
// and values, and body as bytes, a body that Linger receives, or null. makeSignal, if it is given, creates the signal.
export const makeRequest = (parts) => new ReceivedRequest(parts);
