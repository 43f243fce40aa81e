// Requests to the admin API, and its WebSockets.

const tokenKey = "linger-admin-token";

/** An error that the API has answered. */
export class APIError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

// The token may be in the fragment of the address, which is not sent to servers. It is then removed from the address.
const fragment = /^#token=(.+)$/.exec(location.hash);
if (fragment) {
  sessionStorage.setItem(tokenKey, decodeURIComponent(fragment[1]));
  history.replaceState(null, "", location.pathname);
}

/** Keeps the token until the tab is closed. */
export function setToken(token) {
  sessionStorage.setItem(tokenKey, token);
}

/** Returns a text whose characters are the bytes of another one in UTF-8. Header fields and btoa take no other characters. */
function inBytes(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** Is called when a request needs a token, or another one. */
let onUnauthorized = () => {};

export function whenUnauthorized(listener) {
  onUnauthorized = listener;
}

/**
 * Sends a request and returns the answer's JSON, or null if it has none. Throws an APIError if the answer is one, and a TypeError if
 * there is no answer.
 */
export async function request(method, path, { body, type } = {}) {
  const headers = {};
  const token = sessionStorage.getItem(tokenKey);
  if (token) {
    headers.Authorization = `Bearer ${inBytes(token)}`;
  }
  if (body !== undefined) {
    headers["Content-Type"] = type ?? "application/json";
  }
  const sent = body === undefined || typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const answer = await fetch(path, { method, headers, body: sent, cache: "no-store" });
  const text = await answer.text();
  const isJSON = answer.headers.get("Content-Type")?.startsWith("application/json");
  if (answer.ok) {
    return isJSON && text !== "" ? JSON.parse(text) : null;
  }
  const error = new APIError(answer.status, "", `the server has answered ${answer.status}`);
  if (isJSON) {
    const { code, message } = JSON.parse(text).error ?? {};
    error.code = code ?? "";
    error.message = message ?? error.message;
  }
  if (answer.status === 401 && token === sessionStorage.getItem(tokenKey)) { // a new token has not been entered in the meantime
    onUnauthorized();
  }
  throw error;
}

export const get = (path) => request("GET", path);

/** Returns a path with those parameters that have a value. */
export function withQuery(path, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  return query.size > 0 ? `${path}?${query}` : path;
}

/** Returns the path of a connection. */
export function connectionPath(id) {
  return `/@connections/${encodeURIComponent(id)}`;
}

/** Returns the subprotocols with which a WebSocket of the API is opened: browsers cannot send an Authorization field with it. */
function subprotocols() {
  const token = sessionStorage.getItem(tokenKey);
  const coded = token && btoa(inBytes(token));
  return token ? ["linger.admin", `linger.token.${coded.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`] : ["linger.admin"];
}

const firstPause = 500;
const longestPause = 15_000;

/**
 * A WebSocket of the API that is opened again whenever it has ended, after pauses that grow from half a second to 15 s, each of random
 * length so that many pages do not come back at the same time.
 */
export class Stream {
  /**
   * @param path the path and query
   * @param onMessage receives the JSON of each message
   * @param onState receives "connecting", "open", "suspended" or "waiting", with the moment of the next attempt in ms
   */
  constructor(path, onMessage, onState = () => {}) {
    this.path = path;
    this.onMessage = onMessage;
    this.onState = onState;
    this.pause = firstPause;
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.onState("connecting");
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + this.path, subprotocols());
    this.socket = socket;
    socket.onopen = () => {
      this.onState("open");
    };
    socket.onmessage = ({ data }) => {
      this.pause = firstPause;
      this.onMessage(JSON.parse(data));
    };
    socket.onclose = () => {
      if (this.socket === socket) {
        this.wait();
      }
    };
  }

  wait() {
    const pause = this.pause * (0.5 + Math.random());
    this.pause = Math.min(this.pause * 1.7, longestPause);
    this.timer = setTimeout(() => this.open(), pause);
    this.onState("waiting", Date.now() + pause);
    get("/v1/status").catch(() => {}); // a WebSocket does not report the status of the answer: this finds out about a 401
  }

  /** Makes no further attempts until retry is called. */
  suspend() {
    clearTimeout(this.timer);
    this.onState("suspended");
  }

  /** Tries again now, if the WebSocket is not open. */
  retry() {
    if (this.socket?.readyState !== WebSocket.OPEN && this.socket !== null) {
      this.pause = firstPause;
      this.socket.onclose = null;
      this.socket.close();
      this.open();
    }
  }

  /** Ends the stream. */
  close() {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.timer);
    socket?.close(1000);
  }
}
