import { endOf, expose, host, report, settings, settle } from "shared";
import { socketOf } from "./hibernatable.js";
import { liveObject } from "./object.js";

let dispatched = 0; // the number of the event that Go passes, whose end is the result of the function

// dispatch passes an event to an object, and returns whether it has ended. Otherwise host.done is called later, which costs more than
// a result.
function dispatch(id, number, handle) {
  const live = liveObject(id, number);
  if (!live) return false;
  dispatched = id;
  live.run(id, (instance) => handle(live, instance));
  dispatched = 0;
  return !live.events.has(id);
}

expose("hibernatableMessage", (id, number, socket, message) =>
  dispatch(id, number, (live, instance) => {
    call({ live, id, finished }, instance, "webSocketMessage", [socketOf(live, socket), message]);
  }),
);

const finished = () => {};

expose("hibernatableClose", (id, number, socket, code, reason, wasClean, violation) =>
  dispatch(id, number, (live, instance) => {
    const closing = socketOf(live, socket);
    const end = endOf(closing);
    end.incoming = false;
    const handling = {
      live,
      id,
      finished() {
        if (wasClean && settings.halfOpen && end.outgoing) return; // the script answers the Close
        end.outgoing = false; // Go has answered it
        live.sockets.delete(socket);
      },
    };
    if (violation === "") return call(handling, instance, "webSocketClose", [closing, code, reason, wasClean]);
    end.outgoing = false;
    call(handling, instance, "webSocketError", [closing, new Error(violation)]);
  }),
);

// call calls a handler of an object, if the class has it, for an event of a hibernatable WebSocket. Exceptions are reported; the
// connection stays open. handling is { live, id, finished }, where finished is called when the handler is done.
function call(handling, instance, method, args) {
  let result;
  try {
    if (typeof instance[method] === "function") result = instance[method](...args);
  } catch (error) {
    report(handling.id, error);
  }
  const mayWait = (typeof result === "object" && result !== null) || typeof result === "function";
  if (!mayWait || settle(result, settled, handling)) end(handling);
}

function settled(handling, failed, error) {
  if (failed) report(handling.id, error);
  end(handling);
}

function end({ live, id, finished }) {
  finished();
  live.end(id);
  if (id !== dispatched) host.done(id);
}
