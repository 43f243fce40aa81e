import { expose } from "web/host.js";
import { globalTarget, hasListeners } from "web/target.js";
import { noteExports } from "./exports.js";
import { extend } from "./extendable.js";
import { standFor } from "./place.js";
import { env } from "./settings.js";

// What a module exports by default is an application too: { fetch(request, env, ctx) }. Its fetch takes the place of a
// fetch listener. Go reads these messages as what is wrong with the script.
function useDefault({ default: app }) {
  if (app === undefined || exportsNothing(app)) return;
  if (typeof app === "function") {
    refuse("a function or a class: export an object with a method fetch(request, env, ctx)");
  }
  if (typeof app !== "object" || app === null) refuse(`${app === null ? "null" : `a ${typeof app}`}: export an object with a method fetch(request, env, ctx)`);
  if (typeof app.fetch !== "function") refuse("an object without a method fetch(request, env, ctx): it is the only one that is called here");
  if (hasListeners(globalTarget, "fetch")) {
    refuse('an object with a method fetch, and there is a listener for "fetch" too: a request has one answer, so remove one of them');
  }
  const listener = (event) => event.respondWith(app.fetch(event.request, env, new ExecutionContext(event)));
  standFor(listener, app.fetch);
  globalTarget.addEventListener("fetch", listener);
}

// A script without import and export that has eval in it is bundled as CommonJS, whose exports are an empty object then.
// An object of a class is more than that: its methods are inherited.
const exportsNothing = (app) =>
  typeof app === "object" && app !== null && Object.getPrototypeOf(app) === Object.prototype && Reflect.ownKeys(app).length === 0;

function refuse(what) {
  throw new TypeError(`The default export is ${what}`);
}

class ExecutionContext {
  #event;
  props = {};

  constructor(event) {
    this.#event = event;
  }

  // waitUntil keeps the worker from stopping before the promise has settled, at any time.
  waitUntil(promise) {
    extend(this.#event, promise);
  }

  // passThroughOnException is there for scripts that call it: there is no other server to pass the request to.
  passThroughOnException() {}
}

expose("exports", (namespace) => {
  useDefault(namespace);
  noteExports(namespace);
});
