import { expect, refuse, secret, tag } from "web/define.js";
import { lazy } from "web/lazy.js";
import { extend, extendWorker } from "./extendable.js";

// ExecutionContext is the ctx of the handlers of a module, and of entry points.
export class ExecutionContext {
  #event;
  props;

  // event is the event in progress, or undefined for one that is not an Event.
  constructor(key, event, props = {}) {
    if (key !== secret) refuse("ExecutionContext");
    this.#event = event;
    this.props = props;
  }

  // exports has a binding for each entry point and each class of objects that the application exports.
  get exports() {
    return lazy("bindings").exported;
  }

  // waitUntil prevents the worker from stopping before the promise has settled. It may be called at any time.
  waitUntil(promise) {
    expect(arguments.length, 1, "waitUntil");
    if (this.#event) extend(this.#event, promise);
    else extendWorker(promise);
  }

  // passThroughOnException has no effect, because there is no origin server. It exists for scripts that call it.
  passThroughOnException() {}
}

tag(ExecutionContext);
