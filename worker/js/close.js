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
  // sentCode and sentReason are those of the Close that was sent: 1005 if it was empty, 1006 if none could be sent.
  get sentCode() {
    return Number(this.#init.sentCode ?? 0);
  }
  get sentReason() {
    return String(this.#init.sentReason ?? "");
  }
  // initiator is "local" if this side sent the first Close, else "remote".
  get initiator() {
    return String(this.#init.initiator ?? "remote");
  }
  // cause says why the connection ended, in the words of Go's Close.Cause.
  get cause() {
    return String(this.#init.cause ?? "");
  }
  // violation is the rule that the peer broke, for the cause "violation".
  get violation() {
    return String(this.#init.violation ?? "");
  }
}

expose("close", (id, connectionId, code, reason, sentCode, sentReason, wasClean, initiator, cause, violation) => {
  const source = open(connectionId, CLOSED);
  const end = { source, code, reason, sentCode, sentReason, wasClean, initiator, cause, violation };
  run(id, new WebSocketCloseEvent("websocketclose", end), () => {
    closeEvent(id, source);
    host.done(id);
  });
});
