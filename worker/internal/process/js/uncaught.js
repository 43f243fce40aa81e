import process from "node:process";

// What no code of the application catches. This module must run before Linger replaces functions of the global object.

const { addEventListener, Deno, dispatchEvent, ErrorEvent, PromiseRejectionEvent } = globalThis;

// onUncaught sets the functions that get what was not caught: error(value), rejection(value, promise) and, if such a rejection is handled later,
// handled(promise). The process continues. It must be called after Linger has replaced functions of the global object.
export function onUncaught({ error, rejection, handled }) {
  if (Deno) return listenInDeno(error, rejection, handled);
  process.on("uncaughtException", (value) => error(value));
  process.on("unhandledRejection", rejection);
  process.on("rejectionHandled", handled);
}

// Deno dispatches events at the global object, with the function of the global object. Its events of process do the same, and would also get
// the events that Linger dispatches.
function listenInDeno(error, rejection, handled) {
  const listen = (type, listener) => Reflect.apply(addEventListener, globalThis, [type, listener]);
  listen("error", (event) => {
    event.preventDefault();
    error(event.error);
  });
  listen("unhandledrejection", (event) => {
    event.preventDefault();
    rejection(event.reason, event.promise);
  });
  listen("rejectionhandled", (event) => handled(event.promise));
  const dispatchOfLinger = globalThis.dispatchEvent;
  globalThis.dispatchEvent = (event) => {
    const isOfDeno = event instanceof ErrorEvent || event instanceof PromiseRejectionEvent;
    return isOfDeno ? Reflect.apply(dispatchEvent, globalThis, [event]) : dispatchOfLinger(event);
  };
}
