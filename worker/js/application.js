import { secret } from "web/define.js";
import { expose } from "web/host.js";
import { isLoaded, lazy } from "web/lazy.js";
import { globalTarget, hasListeners } from "web/target.js";
import { ExecutionContext } from "./execution_context.js";
import { reportUnusedExports } from "./exports.js";
import { setModuleExports } from "./module_exports.js";
import { setSourceFunction } from "./place.js";
import { ScheduledController } from "./scheduled.js";
import { env } from "./settings.js";

// useDefaultExport adds listeners that call the methods of a module's default export: fetch(request, env, ctx) and
// scheduled(controller, env, ctx), or fetch(request) and scheduled(controller) of a WorkerEntrypoint. Go reports its errors as
// errors of loading the application.
function useDefaultExport({ default: app }) {
  if (app === undefined || exportsNothing(app)) return;
  const isClass = typeof app === "function" && isLoaded("bindings") && app.prototype instanceof lazy("bindings").WorkerEntrypoint;
  if (typeof app === "function" && !isClass) {
    refuse("a function or a class that does not extend WorkerEntrypoint: export an object with a method fetch(request, env, ctx)");
  }
  if ((typeof app !== "object" && !isClass) || app === null) refuse(`${app === null ? "null" : `a ${typeof app}`}: export an object with a method fetch(request, env, ctx)`);
  const methods = isClass ? app.prototype : app;
  if (typeof methods.fetch !== "function" && typeof methods.scheduled !== "function") {
    refuse("an object without a method fetch(request, env, ctx) or scheduled(controller, env, ctx), the only ones that Linger calls");
  }
  const call = isClass
    ? (event, method, argument) => new app(new ExecutionContext(secret, event), env)[method](argument)
    : (event, method, argument) => app[method](argument, env, new ExecutionContext(secret, event));
  listen("fetch", methods, (event) => event.respondWith(call(event, "fetch", event.request)), "a request has one response");
  listen("scheduled", methods, (event) => call(event, "scheduled", new ScheduledController(event)), "it would be handled twice");
}

// listen adds a listener that calls a method of the default export, if there is one.
function listen(type, methods, listener, reason) {
  if (typeof methods[type] !== "function") return;
  if (hasListeners(globalTarget, type)) {
    refuse(`an object with a method ${type}, but there is also a listener for "${type}": ${reason}, so remove one of them`);
  }
  setSourceFunction(listener, methods[type]);
  globalTarget.addEventListener(type, listener);
}

// exportsNothing reports whether a default export is the empty object of a script without exports: a script that contains
// eval, but no import or export, is bundled as CommonJS. An instance of a class inherits methods, so it is not empty.
const exportsNothing = (app) =>
  typeof app === "object" && app !== null && Object.getPrototypeOf(app) === Object.prototype && Reflect.ownKeys(app).length === 0;

// refuse throws the error for an invalid default export.
function refuse(what) {
  throw new TypeError(`The default export is ${what}`);
}

expose("exports", (namespace) => {
  setModuleExports(namespace);
  if (isLoaded("bindings")) lazy("bindings").defineExports(namespace);
  useDefaultExport(namespace);
  reportUnusedExports(namespace);
});
