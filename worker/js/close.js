import { expect } from "web/define.js";
import { expose, host } from "web/host.js";
import { CLOSED, endEvent, openHandle } from "./connection.js";
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
  // code and reason are those of the peer's Close. code is 1005 if the Close was empty, and 1006 if none was received (RFC
  // 6455, section 7.1.5).
  get code() {
    return Number(this.#init.code ?? 0);
  }
  get reason() {
    return String(this.#init.reason ?? "");
  }
  get wasClean() {
    return Boolean(this.#init.wasClean);
  }
  // sentCode and sentReason are those of the Close that was sent. sentCode is 1005 if the Close was empty, and 1006 if none
  // was sent.
  get sentCode() {
    return Number(this.#init.sentCode ?? 0);
  }
  get sentReason() {
    return String(this.#init.sentReason ?? "");
  }
  // initiator is "local" if this side sent the first Close, and "remote" otherwise.
  get initiator() {
    return String(this.#init.initiator ?? "remote");
  }
  // cause is the reason why the connection ended: an identifier of Close.Cause in Go.
  get cause() {
    return String(this.#init.cause ?? "");
  }
  // violation is the identifier of the rule that the peer has broken, if cause is "violation".
  get violation() {
    return String(this.#init.violation ?? "");
  }
}

expose("close", (id, connectionId, code, reason, sentCode, sentReason, wasClean, initiator, cause, violation) => {
  const source = openHandle(connectionId, CLOSED);
  const end = { source, code, reason, sentCode, sentReason, wasClean, initiator, cause, violation };
  run(id, new WebSocketCloseEvent("websocketclose", end), () => {
    endEvent(id, source);
    host.done(id);
  });
});
