import { expect } from "web/define.js";
import { State } from "web/event.js";
import { conceal, EVENT, expose, host, reveal } from "web/host.js";
import { closeEvent, closeKept, handle, keep } from "./connection.js";
import { ExtendableEvent } from "./extendable.js";
import { runHere } from "./run.js";

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

// It returns true if the listeners are done with the message: a call of host.done costs more
// than a result.
expose("message", (id, connection, data) => {
  const own = keep(connection);
  const state = { __proto__: arrived, id, source: handle(own), data, time: host.now(), current: null };
  if (!runHere(conceal(EVENT, prototype, state), finished, state)) return false;
  closeKept(id, own);
  return true;
});

function finished(id, state) {
  closeEvent(id, state.source);
  host.done(id);
}
