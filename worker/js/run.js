import { stateOf } from "web/event.js";
import { dispatch, globalTarget } from "web/target.js";
import { report } from "./report.js";
import { settle } from "./settle.js";

// run hands an event to its listeners and calls finished(id, state) when all of them are done: those that returned a
// promise, when it has settled. A listener that throws or rejects is reported, and that is all: the others run, and the
// event counts as handled.
export function run(id, event, finished, state = stateOf(event)) {
  start(id, globalTarget, globalThis, event, finished, state);
}

// runAt is run for the listeners of an object of the script.
export function runAt(target, id, event, finished) {
  start(id, target, target, event, finished, stateOf(event));
}

function start(id, target, self, event, finished, state) {
  if (state.id !== id) state.id = id;
  if (!state.trusted) state.trusted = true;
  dispatch(target, event, self, hooks, state);
  if (state.working === 0) finished(id, state);
  else state.finished = finished;
}

// runHere is run for an event whose state says everything already. It returns true, and does not call finished, if all
// listeners are done when they have returned.
export function runHere(event, finished, state) {
  dispatch(globalTarget, event, globalThis, hooks, state);
  if (state.working === 0) return true;
  state.finished = finished;
  return false;
}

// The hooks find what they need in the event, so that there is no closure to make for each.
const hooks = {
  onResult(event, result) {
    if ((typeof result !== "object" && typeof result !== "function") || result === null) return;
    if (!settle(result, onSettled, event)) stateOf(event).working++;
  },
  onError(event, error) {
    report(stateOf(event).id, error);
  },
};

// onSettled comes in a job, so the dispatch is over.
function onSettled(event, failed, error) {
  const state = stateOf(event);
  if (failed) report(state.id, error);
  if (--state.working === 0) state.finished(state.id, state);
}
