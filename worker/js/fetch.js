import { expose, host } from "web/host.js";
import { makeRequest } from "web/request.js";
import { globalTarget, hasListeners } from "web/target.js";
import { watch } from "./disconnect.js";
import { Exchange } from "./exchange.js";
import { receivedBody } from "./received_body.js";
import { eventOf, exchangeOf, RequestEvent } from "./request_event.js";
import { run } from "./run.js";

export class FetchEvent extends RequestEvent {
  // upgradeWebSocket accepts the request as a connection. The options are { data, protocol, headers, halfOpen, reload }.
  upgradeWebSocket(options) {
    return exchangeOf(this, "upgradeWebSocket").accept(this, "upgradeWebSocket", options);
  }

  // passThroughOnException has no effect, because there is no origin server. It exists for scripts that call it.
  passThroughOnException() {}
}

// handleFetch dispatches a fetch event for an exchange.
export function handleFetch(exchange) {
  run(exchange.id, eventOf(FetchEvent, "fetch", exchange), () => exchange.finish());
}

expose("fetch", (id, method, url, headers, remoteAddress, body) => {
  if (!hasListeners(globalTarget, "fetch")) return host.refusePlain(id, false);
  handleFetch(new Exchange(id, makeRequest({ method, url, headers, body: receivedBody(body), makeSignal: () => watch(id) }), remoteAddress, false));
});
