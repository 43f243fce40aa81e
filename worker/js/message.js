import { expect } from "web/define.js";
import { State } from "web/event.js";
import { conceal, EVENT, expose, host, reveal } from "web/host.js";
import { endEvent, endEventOf, handleOf, handleState } from "./connection.js";
import { ExtendableEvent } from "./extendable.js";
import { runInline } from "./run.js";

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

// The State that all received messages inherit from.
const receivedMessage = Object.assign(new State("websocketmessage"), { trusted: true, target: globalThis });
const { prototype } = WebSocketMessageEvent;

// message returns true if the listeners have completed. Otherwise it calls host.done later, which costs more than a result.
expose("message", (id, connection, data) => {
  const own = handleState(connection);
  const state = { __proto__: receivedMessage, id, source: handleOf(own), data, time: host.now(), current: null };
  if (!runInline(conceal(EVENT, prototype, state), finished, state)) return false;
  endEventOf(id, own);
  return true;
});

function finished(id, state) {
  endEvent(id, state.source);
  host.done(id);
}
