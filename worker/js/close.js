import { expect } from "web/define.js";
import { expose, host } from "web/host.js";
import { CLOSED, closeEvent, open } from "./connection.js";
import { ExtendableEvent } from "./extendable.js";
import { run } from "./run.js";

export class WebSocketCloseEvent extends ExtendableEvent {
  #init;

  constructor(type, init) {
    expect(arguments.length, 1, "new WebSocketCloseEvent");
    super(type, init);
    this.#init = { ...init };
  }

  get id() {
    return this.source?.id ?? "";
  }
  get source() {
    return this.#init.source ?? null;
  }
  // code and reason are the peer's: 1005 if its Close was empty, 1006 if none came (RFC 6455, section 7.1.5).
  get code() {
    return Number(this.#init.code ?? 0);
  }
  get reason() {
    return String(this.#init.reason ?? "");
  }
  get wasClean() {
    return Boolean(this.#init.wasClean);
  }
  // initiator is "local" if the worker's side closed first, else "remote".
  get initiator() {
    return String(this.#init.initiator ?? "remote");
  }
}

expose("close", (id, connectionId, code, reason, wasClean, initiator) => {
  const source = open(connectionId, CLOSED);
  run(id, new WebSocketCloseEvent("websocketclose", { source, code, reason, wasClean, initiator }), () => {
    closeEvent(id, source);
    host.done(id);
  });
});
