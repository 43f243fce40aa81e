import { expect } from "web/define.js";
import { expose, host } from "web/host.js";
import { closeEvent, open } from "./connection.js";
import { ExtendableEvent } from "./extendable.js";
import { run } from "./run.js";

// WebSocketPeerCloseEvent tells that the peer has finished and we have not: a connection in half-open mode may send on,
// and closes.
export class WebSocketPeerCloseEvent extends ExtendableEvent {
  #init;

  constructor(type, init) {
    expect(arguments.length, 1, "new WebSocketPeerCloseEvent");
    super(type, init);
    this.#init = { ...init };
  }

  get source() {
    return this.#init.source ?? null;
  }
  // code is 1005 if the peer's Close was empty (RFC 6455, section 7.1.5).
  get code() {
    return Number(this.#init.code ?? 0);
  }
  get reason() {
    return String(this.#init.reason ?? "");
  }
}

expose("peerclose", (id, connectionId, code, reason) => {
  const source = open(connectionId);
  run(id, new WebSocketPeerCloseEvent("websocketpeerclose", { source, code, reason }), () => {
    closeEvent(id, source);
    host.done(id);
  });
});
