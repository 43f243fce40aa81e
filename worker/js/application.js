import { expose } from "web/host.js";
import { globalTarget, hasListeners } from "web/target.js";
import { defineClasses } from "./object.js";
import { reportUnusedExports } from "./exports.js";
import { extend } from "./extendable.js";
import { setSourceFunction } from "./place.js";
import { env } from "./settings.js";

// useDefaultExport adds a fetch listener that calls the method fetch(request, env, ctx) of a module's default export. Go
// reports its errors as errors of loading the application.
function useDefaultExport({ default: app }) {
  if (app === undefined || exportsNothing(app)) return;
  if (typeof app === "function") {
    refuse("a function or a class: export an object with a method fetch(request, env, ctx)");
  }
  if (typeof app !== "object" || app === null) refuse(`${app === null ? "null" : `a ${typeof app}`}: export an object with a method fetch(request, env, ctx)`);
  if (typeof app.fetch !== "function") refuse("an object without a method fetch(request, env, ctx), the only one that Linger calls");
  if (hasListeners(globalTarget, "fetch")) {
    refuse('an object with a method fetch, but there is also a listener for "fetch": a request has one response, so remove one of them');
  }
  const listener = (event) => event.respondWith(app.fetch(event.request, env, new ExecutionContext(event)));
  setSourceFunction(listener, app.fetch);
  globalTarget.addEventListener("fetch", listener);
}

// exportsNothing reports whether a default export is the empty object of a script without exports: a script that contains
// eval, but no import or export, is bundled as CommonJS. An instance of a class inherits methods, so it is not empty.
const exportsNothing = (app) =>
  typeof app === "object" && app !== null && Object.getPrototypeOf(app) === Object.prototype && Reflect.ownKeys(app).length === 0;

// refuse throws the error for an invalid default export.
function refuse(what) {
  throw new TypeError(`The default export is ${what}`);
}

class ExecutionContext {
  #event;
  props = {};

  constructor(event) {
    this.#event = event;
  }

  // waitUntil prevents the worker from stopping before the promise has settled. It may be called at any time.
  waitUntil(promise) {
    extend(this.#event, promise);
  }

  // passThroughOnException has no effect, because there is no origin server. It exists for scripts that call it.
  passThroughOnException() {}
}

expose("exports", (namespace) => {
  defineClasses(namespace);
  useDefaultExport(namespace);
  reportUnusedExports(namespace);
});
