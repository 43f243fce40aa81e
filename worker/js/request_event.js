import { expect } from "web/define.js";
import { DOMException } from "web/exception.js";
import { Request } from "web/request.js";
import { ExtendableEvent } from "./extendable.js";

const exchanges = new WeakMap(); // of the events that stand for a request; those a script makes have none

// eventOf makes the event of an exchange.
export function eventOf(Class, type, exchange) {
  const event = new Class(type, { request: exchange.request, cancelable: true });
  exchanges.set(event, exchange);
  return event;
}

export function exchangeOf(event, what) {
  const exchange = exchanges.get(event);
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
    return exchanges.get(this)?.remoteAddress ?? "";
  }

  // respondWith answers the request with a Response, or a promise of one.
  respondWith(response) {
    expect(arguments.length, 1, "respondWith");
    exchangeOf(this, "respondWith").respond(this, response);
  }
}
