import { stateOf } from "web/event.js";
import { DOMException } from "web/exception.js";
import { Headers } from "web/headers.js";
import { host } from "web/host.js";
import { Response, spend } from "web/response.js";
import { closeEvent, CONNECTING, freeze, open } from "./connection.js";
import { extend, isActive } from "./extendable.js";
import { report } from "./report.js";
import { promised } from "./settle.js";

// Exchange is one request and its one answer. The events of a request share it.
export class Exchange {
  id;
  request;
  answered = false;
  #upgradable; // the request asks for a WebSocket
  #sending; // the response is on its way when this is fulfilled
  #connection; // if the request became one

  constructor(id, request, upgradable) {
    this.id = id;
    this.request = request;
    this.#upgradable = upgradable;
  }

  // respond answers with a response, or with what a promise of one gives.
  respond(event, given) {
    this.#claim(event, "respondWith");
    this.#answer(event);
    this.#sending = promised(given)
      .then((response) => this.#send(response))
      .catch((error) => report(this.id, error));
    extend(event, this.#sending); // who makes the response may call waitUntil
  }

  // accept makes the request a connection, and returns its handle.
  accept(event, what, options) {
    this.#claim(event, what);
    if (!this.#upgradable) {
      throw new TypeError(`${what}: the request does not ask for a WebSocket, with Upgrade: websocket and Connection: Upgrade`);
    }
    const { data, protocol, headers } = options ?? {};
    const fields = headers === undefined ? [] : [...new Headers(headers)].flat();
    const text = data === undefined ? undefined : freeze(data);
    const id = host.accept(this.id, protocol === undefined ? "" : String(protocol), fields, text);
    if (id === undefined) throw late(what);
    this.#answer(event);
    this.#connection = open(id, CONNECTING);
    return this.#connection;
  }

  // finish ends the exchange when its last listener is done. Without an answer by then Go gives one.
  finish() {
    if (this.#connection) closeEvent(this.id, this.#connection);
    if (this.#sending) this.#sending.then(() => host.done(this.id));
    else host.done(this.id);
  }

  #send(response) {
    if (!(response instanceof Response)) throw new TypeError("respondWith expects a Response, or a promise of one");
    if (response.type === "error") throw new TypeError("The application responded with Response.error()");
    const { status, headers, body } = spend(response);
    host.respond(this.id, status, headers, body);
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
    const state = stateOf(event);
    state.stoppedAtOnce = state.dispatching;
  }
}

const late = (what) => new DOMException(`${what} was called after the event's time: call it before the listener is done`, "InvalidStateError");
