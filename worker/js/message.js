import { expect } from "web/define.js";
import { expose, host } from "web/host.js";
import { closeEvent, open } from "./connection.js";
import { ExtendableEvent } from "./extendable.js";
import { run } from "./run.js";

export class WebSocketMessageEvent extends ExtendableEvent {
  #source;
  #data;

  constructor(type, init) {
    expect(arguments.length, 1, "new WebSocketMessageEvent");
    super(type, init);
    this.#source = init?.source ?? null;
    this.#data = init?.data ?? null;
  }

  get source() {
    return this.#source;
  }
  get data() {
    return this.#data;
  }
}

expose("message", (id, connectionId, data) => {
  const source = open(connectionId);
  run(id, new WebSocketMessageEvent("websocketmessage", { source, data }), () => {
    closeEvent(id, source);
    host.done(id);
  });
});
