import { stateOf } from "web/event.js";
import { DOMException } from "web/exception.js";
import { Headers } from "web/headers.js";
import { host } from "web/host.js";
import { Response, takeParts } from "web/response.js";
import { closeEvent, CONNECTING, freeze, open } from "./connection.js";
import { extend, isActive } from "./extendable.js";
import { placesOf } from "./place.js";
import { report } from "./report.js";
import { settings } from "./settings.js";
import { promised } from "./settle.js";
import { abandon, couple, refusal } from "./websocket_pair.js";

// Exchange is one request and its one answer. The events of a request share it.
export class Exchange {
  id;
  request;
  remoteAddress; // the client's
  answered = false;
  #upgradable; // the request asks for a WebSocket
  #answeredBy; // the type of the event
  #sending; // the response is on its way when this is fulfilled
  #connection; // if the request became one

  constructor(id, request, remoteAddress, upgradable) {
    this.id = id;
    this.request = request;
    this.remoteAddress = remoteAddress;
    this.#upgradable = upgradable;
  }

  // respond answers with a response, or with what a promise of one gives.
  respond(event, given) {
    this.#claim(event, "respondWith");
    this.#answer(event);
    this.#sending = promised(given)
      .then((response) => this.#send(response))
      .catch((error) => report(this.id, error, placesOf(this.#answeredBy)));
    extend(event, this.#sending); // who makes the response may call waitUntil
  }

  // accept makes the request a connection, and returns its handle.
  accept(event, what, options) {
    this.#claim(event, what);
    if (!this.#upgradable) throw notUpgradable(what);
    const { data, protocol, headers, halfOpen, reload } = options ?? {};
    const fields = headers === undefined ? [] : [...new Headers(headers)].flat();
    const text = data === undefined ? undefined : freeze(data);
    const closes = closesAtReload(reload);
    const id = host.accept(this.id, protocol === undefined ? "" : String(protocol), fields, text, Boolean(halfOpen), closes);
    if (id === undefined) throw late(what);
    this.#answer(event);
    this.#connection = open(id, CONNECTING);
    return this.#connection;
  }

  // finish ends the exchange when its last listener is done. Without an answer by then Go gives one.
  finish() {
    if (!this.answered) host.unanswered(this.id, [...placesOf("fetch"), ...(this.#upgradable ? placesOf("websocketupgrade") : [])]);
    if (this.#connection) closeEvent(this.id, this.#connection);
    if (this.#sending) this.#sending.then(() => host.done(this.id));
    else host.done(this.id);
  }

  #send(response) {
    if (!(response instanceof Response)) {
      const got = response === null ? "null" : typeof response;
      throw new TypeError(`respondWith expects a Response, or a promise of one, but got ${got}`);
    }
    if (response.type === "error") throw new TypeError("The application responded with Response.error()");
    if (response.webSocket) return this.#join(response);
    const { status, headers, body } = takeParts(response);
    host.respond(this.id, status, headers, body);
  }

  // join makes the request a connection whose other side is a WebSocket of the script.
  #join(response) {
    const { webSocket } = response;
    const reason = refusal(webSocket);
    if (reason) throw new TypeError(`The response cannot be sent: ${reason}`);
    if (!this.#upgradable) {
      // The request is the client's mistake, not the script's: it is answered with 426, and nothing is reported.
      abandon(webSocket);
      return host.unserved(this.id, true);
    }
    try {
      couple(webSocket, this.#open(response));
    } catch (error) {
      abandon(webSocket);
      throw error;
    }
  }

  #open(response) {
    const protocol = response.headers.get("sec-websocket-protocol") ?? "";
    const line = host.acceptLine(this.id, protocol, takeParts(response).headers);
    if (line === undefined) throw late("respondWith");
    return line;
  }

  #claim(event, what) {
    if (this.answered) {
      throw new DOMException(`${what}: the request is answered already`, "InvalidStateError");
    }
    if (!isActive(event)) throw late(what);
  }

  // Later listeners do not see an event that is answered.
  #answer(event) {
    this.answered = true;
    this.#answeredBy = event.type;
    const state = stateOf(event);
    state.stoppedImmediately = state.dispatching;
  }
}

function closesAtReload(reload = settings.reload) {
  if (reload !== "stay" && reload !== "close") throw new TypeError(`reload is "stay" or "close", but got ${String(reload)}`);
  return reload === "close";
}

const notUpgradable = (what) =>
  new TypeError(`${what}: the request does not ask for a WebSocket, with Upgrade: websocket and Connection: Upgrade`);

const late = (what) => new DOMException(`${what} was called after the event's time: call it before the listener is done`, "InvalidStateError");
