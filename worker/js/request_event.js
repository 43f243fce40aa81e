import { expect } from "web/define.js";
import { State, stateOf } from "web/event.js";
import { DOMException } from "web/exception.js";
import { isRequest } from "web/request.js";
import { ExtendableEvent } from "./extendable.js";

// Events that a script constructs have no exchange.
State.prototype.exchange = null;

// eventOf returns a new event for an exchange.
export function eventOf(Class, type, exchange) {
  const event = new Class(type, { request: exchange.request, cancelable: true });
  stateOf(event).exchange = exchange;
  return event;
}

// exchangeOf returns the exchange of an event for a method that answers the request.
export function exchangeOf(event, what) {
  const { exchange } = stateOf(event);
  if (!exchange) throw new DOMException(`${what}: a script has constructed this event, so there is no request to answer`, "InvalidStateError");
  return exchange;
}

// RequestEvent is the superclass of WebSocketUpgradeEvent and FetchEvent.
export class RequestEvent extends ExtendableEvent {
  #request;

  constructor(type, init) {
    super(type, init);
    if (!isRequest(init?.request)) throw new TypeError(`new ${new.target.name} expects a Request as its request`);
    this.#request = init.request;
  }

  get request() {
    return this.#request;
  }
  // remoteAddress is the IP address of the client, as for WebSocketConnection. It is "" for events that a script constructs.
  get remoteAddress() {
    return stateOf(this).exchange?.remoteAddress ?? "";
  }

  // respondWith answers the request with a Response, or a promise of one.
  respondWith(response) {
    expect(arguments.length, 1, "respondWith");
    exchangeOf(this, "respondWith").respond(this, response);
  }
}
