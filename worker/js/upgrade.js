import { expose } from "web/host.js";
import { makeRequest } from "web/request.js";
import { watch } from "./disconnect.js";
import { Exchange } from "./exchange.js";
import { handleFetch } from "./fetch.js";
import { eventOf, exchangeOf, RequestEvent } from "./request_event.js";
import { run } from "./run.js";

export class WebSocketUpgradeEvent extends RequestEvent {
  // accept accepts the request as a connection. The options are { data, protocol, headers, halfOpen, reload }.
  accept(options) {
    return exchangeOf(this, "accept").accept(this, "accept", options);
  }
}

// If no listener for websocketupgrade has answered the request, a fetch event is dispatched.
expose("upgrade", (id, method, url, headers, remoteAddress) => {
  const exchange = new Exchange(id, makeRequest({ method, url, headers, body: null, makeSignal: () => watch(id) }), remoteAddress, true);
  const event = eventOf(WebSocketUpgradeEvent, "websocketupgrade", exchange);
  run(id, event, () => (exchange.answered ? exchange.finish() : handleFetch(exchange)));
});
