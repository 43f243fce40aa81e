import { expect } from "web/define.js";
import { expose, host } from "web/host.js";
import { closeEvent, open } from "./connection.js";
import { ExtendableEvent } from "./extendable.js";
import { run } from "./run.js";

// WebSocketDrainEvent tells that what waited to be sent on a connection has left, after it was too much.
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
  const source = open(connectionId);
  run(id, new WebSocketDrainEvent("websocketdrain", { source }), () => {
    closeEvent(id, source);
    host.done(id);
  });
});
