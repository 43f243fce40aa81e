import { expect } from "web/define.js";
import { expose, host } from "web/host.js";
import { endEvent, openHandle } from "./connection.js";
import { ExtendableEvent } from "./extendable.js";
import { run } from "./run.js";

// WebSocketPeerCloseEvent is dispatched when the Close of the peer has been received on a connection in half-open mode. The
// application may continue to send, and must close the connection.
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
  const source = openHandle(connectionId);
  run(id, new WebSocketPeerCloseEvent("websocketpeerclose", { source, code, reason }), () => {
    endEvent(id, source);
    host.done(id);
  });
});
