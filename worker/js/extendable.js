import { expect } from "web/define.js";
import { Event, State, stateOf } from "web/event.js";
import { DOMException } from "web/exception.js";
import { host } from "web/host.js";
import { report } from "./report.js";
import { settle } from "./settle.js";

// An event lives from its dispatch until every listener is done, and as long as waitUntil has work that is not.
Object.assign(State.prototype, {
  id: 0, // as Go knows the event
  working: 0, // listeners that returned a promise which has not settled
  extensions: 0, // promises of waitUntil that have not settled
});

// isActive tells whether listeners are at work. Those of an event that a script dispatches do not count.
export function isActive(event) {
  const state = stateOf(event);
  return (state.dispatching && state.trusted) || state.working > 0;
}

// extend keeps the event alive, and the worker from stopping, until the promise has settled.
export function extend(event, promise) {
  if (settle(promise, onSettled, event)) return;
  stateOf(event).extensions++;
  host.extend(1);
}

function onSettled(event, failed, error) {
  const state = stateOf(event);
  if (failed) report(state.id, error);
  state.extensions--;
  host.extend(-1);
}

export class ExtendableEvent extends Event {
  // waitUntil keeps the worker from stopping before the promise has settled. It does not delay the next event.
  waitUntil(promise) {
    expect(arguments.length, 1, "waitUntil");
    if (!isActive(this) && stateOf(this).extensions === 0) {
      throw new DOMException("waitUntil was called after the event's time: call it before the listener is done", "InvalidStateError");
    }
    extend(this, promise);
  }
}
