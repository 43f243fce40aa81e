import { stateOf } from "web/event.js";
import { DOMException } from "web/exception.js";
import { Headers } from "web/headers.js";
import { host } from "web/host.js";
import { Response, takeParts } from "web/response.js";
import { CONNECTING, endEvent, openHandle, serializeData } from "./connection.js";
import { unwatch } from "./disconnect.js";
import { extend, isActive } from "./extendable.js";
import { placesOf } from "./place.js";
import { report } from "./report.js";
import { SentBody } from "./sent_body.js";
import { settings } from "./settings.js";
import { toPromise } from "./settle.js";
import { connectToRequest, failOtherEnd, refusal, takeOffer } from "./websocket_pair.js";

// Exchange is a request and its response. The upgrade event and the fetch event of a request share it.
export class Exchange {
  id;
  request;
  remoteAddress; // of the client
  answered = false; // respond or accept has been called
  #upgradable; // the request is a WebSocket handshake
  #answeredBy; // the type of the event that has answered the request
  #sending; // a promise that is fulfilled when the response has been passed to Go
  #connection; // the connection, if the request was accepted
  #ofObject = false; // the request is one to an object

  constructor(id, request, remoteAddress, upgradable) {
    this.id = id;
    this.request = request;
    this.remoteAddress = remoteAddress;
    this.#upgradable = upgradable;
  }

  // respond answers the request with a Response, or with a promise of one.
  respond(event, given) {
    this.#claim(event, "respondWith");
    this.#answer(event);
    this.#sending = toPromise(given)
      .then((response) => this.#send(response))
      .catch((error) => report(this.id, error, placesOf(this.#answeredBy)));
    extend(event, this.#sending); // the function that creates the response may call waitUntil
  }

  // accept accepts the request as a connection, and returns its handle.
  accept(event, what, options) {
    this.#claim(event, what);
    if (!this.#upgradable) throw notUpgradable(what);
    const { data, protocol, headers, halfOpen, reload } = options ?? {};
    const fields = headers === undefined ? [] : [...new Headers(headers)].flat();
    const text = data === undefined ? undefined : serializeData(data);
    const closes = closesAtReload(reload);
    const id = host.accept(this.id, protocol === undefined ? "" : String(protocol), fields, text, Boolean(halfOpen), closes);
    if (id === undefined) throw late(what);
    this.#answer(event);
    unwatch(this.id);
    this.#connection = openHandle(id, CONNECTING);
    return this.#connection;
  }

  // answerWith answers the request of an object or an entry point with what its method fetch has returned. The promise is rejected if that fails.
  answerWith(given) {
    this.#ofObject = true;
    this.#upgradable = this.request.headers.get("upgrade")?.toLowerCase() === "websocket";
    return toPromise(given).then((response) => {
      if (!(response instanceof Response)) throw new TypeError("Callback returned incorrect type; expected 'Promise'"); // as in the Workers runtime
      this.#send(response);
    });
  }

  // finish ends the exchange when all listeners have completed. If the request has not been answered, Go answers it.
  finish() {
    if (!this.answered) {
      unwatch(this.id);
      host.unanswered(this.id, [...placesOf("fetch"), ...(this.#upgradable ? placesOf("websocketupgrade") : [])]);
    }
    if (this.#connection) endEvent(this.id, this.#connection);
    if (this.#sending) this.#sending.then(() => host.done(this.id));
    else host.done(this.id);
  }

  #send(response) {
    if (!(response instanceof Response)) {
      const got = response === null ? "null" : typeof response;
      throw new TypeError(`respondWith expects a Response, or a promise of one, but got ${got}`);
    }
    if (response.type === "error") throw new TypeError("The application responded with Response.error()");
    if (response.webSocket) {
      unwatch(this.id);
      return this.#join(response);
    }
    const { status, headers, body, decode } = takeParts(response);
    const sent = new SentBody(body, decode, {
      failed: (error) => report(this.id, error, placesOf(this.#answeredBy)),
      ended: () => unwatch(this.id),
    });
    if (!sent.isStream || this.request.method === "HEAD") unwatch(this.id);
    if (host.respond(this.id, status, headers, ...sent.args)) sent.begin();
    else sent.cancel(new DOMException("The request has already been answered", "AbortError"));
  }

  // join accepts the request as a connection that is connected to a WebSocket of the script.
  #join(response) {
    const { webSocket } = response;
    const reason = refusal(webSocket);
    if (reason) throw new TypeError(`The response cannot be sent: ${reason}`);
    if (!this.#upgradable) {
      // The client has not requested a WebSocket. It gets 426, and no error of the script is reported.
      failOtherEnd(webSocket);
      if (this.#ofObject) throw new TypeError('Worker tried to return WebSocket in a response to a request which did not contain the header "Upgrade: websocket".');
      return host.refusePlain(this.id, true);
    }
    const offer = takeOffer(webSocket);
    if (offer !== undefined) return this.#acceptOffer(response, offer);
    try {
      connectToRequest(webSocket, this.#acceptSocket(response));
    } catch (error) {
      failOtherEnd(webSocket);
      throw error;
    }
  }

  // acceptOffer lets Go connect the request with a WebSocket of an object.
  #acceptOffer(response, offer) {
    const protocol = response.headers.get("sec-websocket-protocol") ?? "";
    if (!host.acceptOffer(this.id, offer, protocol, takeParts(response).headers)) throw late("respondWith");
  }

  // acceptSocket accepts the request and returns the number of the transport.
  #acceptSocket(response) {
    const protocol = response.headers.get("sec-websocket-protocol") ?? "";
    const number = host.acceptSocket(this.id, protocol, takeParts(response).headers);
    if (number === undefined) throw late("respondWith");
    return number;
  }

  // claim throws unless the request can be answered by an event now.
  #claim(event, what) {
    if (this.answered) {
      throw new DOMException(`${what}: the request has already been answered`, "InvalidStateError");
    }
    if (!isActive(event)) throw late(what);
  }

  // answer records that an event has answered the request. Further listeners of the event are not called.
  #answer(event) {
    this.answered = true;
    this.#answeredBy = event.type;
    const state = stateOf(event);
    state.stoppedImmediately = state.dispatching;
  }
}

// closesAtReload checks the option reload.
function closesAtReload(reload = settings.reload) {
  if (reload !== "stay" && reload !== "close") throw new TypeError(`reload must be "stay" or "close", but got ${String(reload)}`);
  return reload === "close";
}

const notUpgradable = (what) =>
  new TypeError(`${what}: the request is not a WebSocket handshake with Upgrade: websocket and Connection: Upgrade`);

const late = (what) => new DOMException(`${what} was called after the event: call it before the listener has completed`, "InvalidStateError");
