import { AbortController, isAbortSignal } from "./abort.js";
import { Body, extract, sourceOf, take } from "./body.js";
import { expect, secret, tag } from "./define.js";
import { fromPairs, guard, Headers } from "./headers.js";
import { URL } from "./url.js";

const token = /^[!#$%&'*+\-.^_`|~\w]+$/;
const normalized = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);
const modes = new Set(["follow", "error", "manual"]);
const forbidden = new Set(["CONNECT", "TRACE", "TRACK"]);

// received makes the Request of what a client has sent: { url, method, headers, body, signal }, with headers as a flat
// list of names and values, and body as text, bytes or null. Its headers cannot be changed, and are made when asked for.
export let received;

export class Request extends Body {
  #url;
  #method;
  #headers; // Headers, or the flat list to make them of
  #signal;
  #redirect;

  static {
    received = (parts) => new Request(secret, parts);
  }

  constructor(input, init) {
    expect(arguments.length, 1, "new Request");
    const parts = input === secret ? init : compose(input, init);
    super(parts.body ?? null);
    this.#url = parts.url;
    this.#method = parts.method;
    this.#headers = parts.headers;
    this.#signal = parts.signal;
    this.#redirect = parts.redirect ?? "follow";
  }

  get url() {
    return this.#url;
  }
  get method() {
    return this.#method;
  }
  get headers() {
    if (Array.isArray(this.#headers)) this.#headers = guard(fromPairs(this.#headers), "immutable");
    return this.#headers;
  }
  get signal() {
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }

  get redirect() {
    return this.#redirect;
  }

  clone() {
    if (this.bodyUsed) throw new TypeError("A request whose body has been read cannot be cloned");
    return new Request(secret, {
      url: this.#url,
      method: this.#method,
      headers: Array.isArray(this.#headers) ? this.#headers : new Headers(this.#headers),
      signal: this.#signal,
      redirect: this.#redirect,
      body: sourceOf(this),
    });
  }
}

function compose(input, init = {}) {
  const from = input instanceof Request ? input : undefined;
  const method = init?.method === undefined ? (from?.method ?? "GET") : methodOf(init.method);
  const headers = new Headers(init?.headers ?? from?.headers);
  const redirect = redirectOf(init?.redirect ?? from?.redirect);
  return { url: from?.url ?? urlOf(input), method, headers, redirect, body: bodyOf(from, init, method, headers), signal: signalOf(from, init) };
}

function bodyOf(from, init, method, headers) {
  const other = init instanceof Request ? init : undefined; // it stands for its parts, its body too
  if (other && sourceOf(other) !== null) return bodyOf(other, {}, method, headers);
  const given = init?.body ?? null;
  if ((given !== null || (from && sourceOf(from) !== null)) && (method === "GET" || method === "HEAD")) {
    throw new TypeError(`A request with the method ${method} has no body`);
  }
  if (given === null) return from ? take(from) : null;
  const { source, type } = extract(given);
  if (type && !headers.has("content-type")) headers.set("content-type", type);
  return source;
}

function signalOf(from, init) {
  const signal = init?.signal === undefined ? from?.signal : init.signal;
  if (signal != null && !isAbortSignal(signal)) throw new TypeError("Request expects an AbortSignal as its signal");
  return signal ?? undefined;
}

function redirectOf(given = "follow") {
  const mode = String(given);
  if (!modes.has(mode)) throw new TypeError(`A request's redirect is one of ${[...modes].join(", ")}, but got ${JSON.stringify(mode)}`);
  return mode;
}

function urlOf(input) {
  const url = new URL(input);
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`The URL of a request carries no user name and password: send ${url.host} an authorization header`);
  }
  return url.href;
}

function methodOf(given) {
  const method = String(given);
  const upper = method.toUpperCase();
  if (!token.test(method) || forbidden.has(upper)) {
    throw new TypeError(`${JSON.stringify(method)} is no method that a request can have`);
  }
  return normalized.has(upper) ? upper : method;
}

tag(Request);
