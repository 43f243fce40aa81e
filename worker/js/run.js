import { stateOf } from "web/event.js";
import { dispatch, globalTarget } from "web/target.js";
import { lifetimeOf } from "./extendable.js";
import { report } from "./report.js";
import { settle } from "./settle.js";

const isThenable = (value) => (typeof value === "object" || typeof value === "function") && value !== null && typeof value.then === "function";

// run hands an event to its listeners and calls finished when all of them are done: those that returned a promise, when
// it has settled. A listener that throws or rejects is reported, and that is all: the others run, and the event counts
// as handled.
export function run(id, event, finished) {
  const lifetime = lifetimeOf(event);
  const fail = (error) => report(id, error);
  let working = 1; // the dispatch itself
  const end = () => {
    if (--working > 0) return;
    lifetime.active = false;
    finished();
  };
  const onResult = (result) => {
    if (!isThenable(result)) return;
    working++;
    settle(result, fail, end);
  };
  lifetime.id = id;
  lifetime.active = true;
  stateOf(event).trusted = true;
  dispatch(globalTarget, event, { self: globalThis, onResult, onError: fail });
  end();
}
