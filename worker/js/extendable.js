import { expect } from "web/define.js";
import { Event, State, stateOf } from "web/event.js";
import { DOMException } from "web/exception.js";
import { host } from "web/host.js";
import { report } from "./report.js";
import { settle } from "./settle.js";

// An event is active from its dispatch until every listener has completed, and as long as a promise of waitUntil is pending.
Object.assign(State.prototype, {
  id: 0, // the number of the event in Go
  working: 0, // number of listeners whose promises are pending
  extensions: 0, // number of pending promises of waitUntil
});

// isActive reports whether listeners of an event are running or their promises are pending. It returns false during the
// dispatch of an event by a script.
export function isActive(event) {
  const state = stateOf(event);
  return (state.dispatching && state.trusted) || state.working > 0;
}

// extend keeps the event active, and prevents the worker from stopping, until the promise has settled.
export function extend(event, promise) {
  if (settle(promise, onSettled, event)) return;
  stateOf(event).extensions++;
  host.extend(1);
}

// extendWorker prevents the worker from stopping until the promise has settled, outside of an event. Its rejection is reported.
export function extendWorker(promise) {
  if (settle(promise, onWorkSettled, undefined)) return;
  host.extend(1);
}

function onWorkSettled(subject, failed, error) {
  if (failed) report(0, error);
  host.extend(-1);
}

function onSettled(event, failed, error) {
  const state = stateOf(event);
  if (failed) report(state.id, error);
  state.extensions--;
  host.extend(-1);
}

export class ExtendableEvent extends Event {
  // waitUntil prevents the worker from stopping before the promise has settled. It does not delay the next event.
  waitUntil(promise) {
    expect(arguments.length, 1, "waitUntil");
    if (!isActive(this) && stateOf(this).extensions === 0) {
      throw new DOMException("waitUntil was called after the event: call it before the listener has completed", "InvalidStateError");
    }
    extend(this, promise);
  }
}
