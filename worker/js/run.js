import { stateOf } from "web/event.js";
import { dispatchError } from "web/report.js";
import { dispatch, globalTarget } from "web/target.js";
import { report } from "./report.js";
import { settings } from "./settings.js";
import { settle } from "./settle.js";
import { traced } from "./trace.js";

// run dispatches an event to the listeners of the global object, and calls finished(id, state) when all listeners have
// completed: a listener that has returned a promise has completed when that has settled. Exceptions and rejections are
// reported; the other listeners are still called, and the event counts as handled.
export function run(id, event, finished, state = stateOf(event)) {
  start(id, globalTarget, globalThis, event, finished, state);
}

// runAt is run for the listeners of another target.
export function runAt(target, id, event, finished) {
  start(id, target, target, event, finished, stateOf(event));
}

function start(id, target, self, event, finished, state) {
  if (state.id !== id) state.id = id;
  if (!state.trusted) state.trusted = true;
  traced(id, dispatch, target, event, self, hooks, state);
  if (state.working === 0) finished(id, state);
  else state.finished = finished;
}

// runInline is run for an event whose state is complete. If all listeners have completed when they have returned, it
// returns true and does not call finished.
export function runInline(event, finished, state) {
  if (settings.tracing) traced(state.id, dispatch, globalTarget, event, globalThis, hooks, state);
  else dispatch(globalTarget, event, globalThis, hooks, state);
  if (state.working === 0) return true;
  state.finished = finished;
  return false;
}

// The hooks are shared by all events, so that no closures are created for each event.
const hooks = {
  onResult(event, result) {
    if ((typeof result !== "object" && typeof result !== "function") || result === null) return;
    if (!settle(result, onSettled, event)) stateOf(event).working++;
  },
  onError(event, error) {
    dispatchError(error);
    report(stateOf(event).id, error);
  },
};

// onSettled is called in a job, after the dispatch.
function onSettled(event, failed, error) {
  const state = stateOf(event);
  if (failed) report(state.id, error);
  if (--state.working === 0) state.finished(state.id, state);
}
