import { expect } from "web/define.js";
import { expose, host } from "web/host.js";
import { endEvent, openHandle } from "./connection.js";
import { ExtendableEvent } from "./extendable.js";
import { run } from "./run.js";

// WebSocketDrainEvent is dispatched when the send queue of a connection has become empty after it had reached the high
// watermark.
export class WebSocketDrainEvent extends ExtendableEvent {
  #source;

  constructor(type, init) {
    expect(arguments.length, 1, "new WebSocketDrainEvent");
    super(type, init);
    this.#source = init?.source ?? null;
  }

  get source() {
    return this.#source;
  }
}

expose("drain", (id, connectionId) => {
  const source = openHandle(connectionId);
  run(id, new WebSocketDrainEvent("websocketdrain", { source }), () => {
    endEvent(id, source);
    host.done(id);
  });
});
