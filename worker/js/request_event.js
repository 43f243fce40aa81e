import { expect } from "web/define.js";
import { State, stateOf } from "web/event.js";
import { DOMException } from "web/exception.js";
import { Request } from "web/request.js";
import { ExtendableEvent } from "./extendable.js";

// Those that a script makes stand for no request.
State.prototype.exchange = null;

// eventOf makes the event of an exchange.
export function eventOf(Class, type, exchange) {
  const event = new Class(type, { request: exchange.request, cancelable: true });
  stateOf(event).exchange = exchange;
  return event;
}

export function exchangeOf(event, what) {
  const { exchange } = stateOf(event);
  if (!exchange) throw new DOMException(`${what}: a script made this event, there is no request to answer`, "InvalidStateError");
  return exchange;
}

// RequestEvent is what the events of a request have in common.
export class RequestEvent extends ExtendableEvent {
  #request;

  constructor(type, init) {
    super(type, init);
    if (!(init?.request instanceof Request)) throw new TypeError(`new ${new.target.name} expects a Request as its request`);
    this.#request = init.request;
  }

  get request() {
    return this.#request;
  }
  // remoteAddress is the client's IP address, as a connection has it; "" for events that a script makes.
  get remoteAddress() {
    return stateOf(this).exchange?.remoteAddress ?? "";
  }

  // respondWith answers the request with a Response, or a promise of one.
  respondWith(response) {
    expect(arguments.length, 1, "respondWith");
    exchangeOf(this, "respondWith").respond(this, response);
  }
}
