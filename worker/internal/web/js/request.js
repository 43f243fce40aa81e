import { AbortController, AbortSignal, isAbortSignal } from "./abort.js";
import { Body, bodyContent, extract } from "./body.js";
import { Content } from "./content.js";
import { expect, optionsOf, secret, tag } from "./define.js";
import { fromPairs, guard, Headers } from "./headers.js";
import { lazy } from "./lazy.js";
import { isToken } from "./token.js";
import { URL } from "./url.js";

const normalized = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);
const forbidden = new Set(["CONNECT", "TRACE", "TRACK"]);

// The settings of a request (Fetch Standard, section 5.4): an array of the valid values, of which the first is the default,
// or the default alone. Only redirect has an effect.
const settings = {
  redirect: ["follow", "error", "manual"],
  mode: ["cors", "no-cors", "same-origin", "navigate"],
  credentials: ["same-origin", "omit", "include"],
  cache: ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"],
  referrer: "about:client",
  referrerPolicy: [
    "", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
    "strict-origin-when-cross-origin", "unsafe-url",
  ],
  integrity: "",
  keepalive: false,
  duplex: ["half"],
};
const names = Object.keys(settings);
const defaults = Object.fromEntries(names.map((name) => [name, Array.isArray(settings[name]) ? settings[name][0] : settings[name]]));

// If an application passes on a client's request, redirects are for the client, as in the Workers runtime.
const received = { ...defaults, redirect: "manual" };

// makeRequest creates the Request of a client's request: { url, method, headers, body, signal }, with headers as a flat list
// of names and values, and body as bytes, a body that Go receives, or null. The headers are immutable; they are created when
// they are first read. makeSignal(request), if it is given, creates the signal when it is first read.
export let makeRequest;

// isRequest reports whether a value is a Request.
export const isRequest = (value) => value instanceof Request;

const newSignal = () => new AbortController().signal;

let settingsOf;

export class Request extends Body {
  #url;
  #method;
  #headers; // Headers, or a flat list of names and values
  #signal;
  #makeSignal;
  #settings;

  static {
    makeRequest = (parts) => {
      parts.content = parts.body === null ? null : new Content(parts.body);
      parts.settings = received;
      return new Request(secret, parts);
    };
    settingsOf = (request) => request.#settings;
  }

  constructor(input, init = undefined) {
    expect(arguments.length, 1, "new Request");
    const parts = input === secret ? init : compose(input, init === undefined ? init : optionsOf(init, "new Request"));
    super(parts.content);
    this.#url = parts.url;
    this.#method = parts.method;
    this.#headers = parts.headers;
    this.#signal = parts.signal;
    this.#makeSignal = parts.makeSignal ?? newSignal;
    this.#settings = parts.settings ?? defaults;
    if (this.#url.startsWith("blob:")) lazy("schemes").remember(this, parts.from);
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
    this.#signal ??= this.#makeSignal();
    return this.#signal;
  }
  get destination() {
    return "";
  }

  clone() {
    return new Request(secret, {
      content: bodyContent(this)?.copy() ?? null,
      url: this.#url,
      method: this.#method,
      headers: Array.isArray(this.#headers) ? this.#headers : new Headers(this.#headers),
      signal: this.#signal,
      makeSignal: () => this.signal,
      settings: this.#settings,
      from: this,
    });
  }
}

for (const name of names) {
  Object.defineProperty(Request.prototype, name, {
    get() {
      return settingsOf(this)[name];
    },
    enumerable: true,
    configurable: true,
  });
}

// compose returns the parts of a request from the arguments of the constructor.
function compose(input, init) {
  const from = input instanceof Request ? input : undefined;
  const method = init?.method === undefined ? (from?.method ?? "GET") : methodOf(init.method);
  const headers = new Headers(init?.headers ?? from?.headers);
  const url = from?.url ?? urlOf(input);
  const { content } = bodyOf(from, init, method, headers);
  return { url, method, headers, settings: chosen(init, from), signal: signalOf(from, init), content, from };
}

// bodyOf returns the body of a new request as { content, type }.
function bodyOf(from, init, method, headers) {
  const given = init?.body ?? null;
  if (given === null) {
    const content = from ? bodyContent(from) : null;
    if (content !== null && method !== from.method) checkBody(method);
    return { content: content?.move() ?? null };
  }
  // A request of a client can be forwarded as init, even a GET with a body.
  if (!(init instanceof Request)) checkBody(method);
  const body = extract(given);
  if (body.type && !headers.has("content-type")) headers.set("content-type", body.type);
  return body;
}

// checkBody throws for a method of requests that have no body.
function checkBody(method) {
  if (method === "GET" || method === "HEAD") throw new TypeError(`A request with the method ${method} must not have a body`);
}

// chosen returns the settings of a new request.
function chosen(init, from) {
  const base = from ? settingsOf(from) : defaults;
  if (!init) return base;
  let own;
  for (let i = 0; i < names.length; i++) {
    const value = init[names[i]];
    if (value !== undefined) (own ??= { ...base })[names[i]] = settingOf(names[i], value);
  }
  if (own && !(init instanceof Request)) checkSettings(own);
  return own ?? base;
}

// checkSettings throws for settings that only a browser can have (Fetch Standard, section 5.4).
function checkSettings({ mode, cache, referrer }) {
  if (mode === "navigate") throw new TypeError('The mode of a request must not be "navigate"');
  if (cache === "only-if-cached" && mode !== "same-origin") throw new TypeError('The cache of a request can be "only-if-cached" only if its mode is "same-origin"');
  if (referrer !== "" && !URL.canParse(referrer)) throw new TypeError(`The referrer of a request must be a URL, but got ${JSON.stringify(referrer)}`);
}

function settingOf(name, given) {
  const known = settings[name];
  if (typeof known === "boolean") return Boolean(given);
  const value = String(given);
  if (Array.isArray(known) && !known.includes(value)) {
    throw new TypeError(`The ${name} of a request must be one of ${known.map((text) => JSON.stringify(text)).join(", ")}, but got ${JSON.stringify(value)}`);
  }
  return value;
}

function signalOf(from, init) {
  const signal = init?.signal === undefined ? from?.signal : init.signal;
  if (signal != null && !isAbortSignal(signal)) throw new TypeError("Request expects an AbortSignal as its signal");
  return signal ? AbortSignal.any([signal]) : undefined;
}

function urlOf(input) {
  const url = new URL(input);
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`The URL of a request must not contain a user name or password: send ${url.host} an authorization header`);
  }
  return url.href;
}

function methodOf(given) {
  const method = String(given);
  const upper = method.toUpperCase();
  if (!isToken(method) || forbidden.has(upper)) {
    throw new TypeError(`${JSON.stringify(method)} is not a valid request method`);
  }
  return normalized.has(upper) ? upper : method;
}

tag(Request);
