import { expect } from "web/define.js";
import { State } from "web/event.js";
import { conceal, EVENT, expose, host, reveal } from "web/host.js";
import { closeEvent, open } from "./connection.js";
import { ExtendableEvent } from "./extendable.js";
import { run } from "./run.js";

export class WebSocketMessageEvent extends ExtendableEvent {
  constructor(type, init) {
    expect(arguments.length, 1, "new WebSocketMessageEvent");
    super(type, init);
    const state = reveal(EVENT, this);
    state.source = init?.source ?? null;
    state.data = init?.data ?? null;
  }

  get source() {
    return reveal(EVENT, this).source;
  }
  get data() {
    return reveal(EVENT, this).data;
  }
}

// What all messages that arrive have in common.
const arrived = Object.assign(new State("websocketmessage"), { trusted: true, target: globalThis });
const { prototype } = WebSocketMessageEvent;

expose("message", (id, connection, data) => {
  const state = { __proto__: arrived, id, source: open(connection), data, time: host.now(), current: null };
  run(id, conceal(EVENT, prototype, state), finished, state);
});

function finished(id, state) {
  closeEvent(id, state.source);
  host.done(id);
}
