import { endOf, expose, host, report, settings, settle } from "shared";
import { socketOf } from "./hibernatable.js";
import { deliver } from "./object.js";

expose("hibernatableMessage", (id, number, className, objectId, name, socket, message) => {
  deliver(id, number, className, objectId, name, (live, instance) => {
    new Handling(live, id).begin(instance, "webSocketMessage", socketOf(live, socket), message);
  });
});

expose("hibernatableClose", (id, number, className, objectId, name, socket, code, reason, wasClean, violation) => {
  deliver(id, number, className, objectId, name, (live, instance) => {
    const closing = socketOf(live, socket);
    const end = endOf(closing);
    end.incoming = false;
    const handling = new Handling(live, id, () => {
      if (wasClean && settings.halfOpen && end.outgoing) return; // the script answers the Close
      end.outgoing = false; // Go has answered it
      live.sockets.delete(socket);
    });
    if (violation === "") return handling.begin(instance, "webSocketClose", closing, code, reason, wasClean);
    end.outgoing = false;
    handling.begin(instance, "webSocketError", closing, new Error(violation));
  });
});

// Handling is a call of a handler of an object, which has an event of a hibernatable WebSocket. Exceptions are reported; the connection
// stays open.
class Handling {
  #live;
  #id;
  #finished;

  // finished is called when the handler is done.
  constructor(live, id, finished) {
    this.#live = live;
    this.#id = id;
    this.#finished = finished;
  }

  // begin calls the handler, if the class has it.
  begin(instance, method, ...args) {
    let result;
    try {
      if (typeof instance[method] === "function") result = instance[method](...args);
    } catch (error) {
      report(this.#id, error);
    }
    const mayWait = (typeof result === "object" && result !== null) || typeof result === "function";
    if (!mayWait || settle(result, onSettled, this)) this.#end();
  }

  static settled(handling, failed, error) {
    if (failed) report(handling.#id, error);
    handling.#end();
  }

  #end() {
    this.#finished?.();
    this.#live.end(this.#id);
    host.done(this.#id);
  }
}

const { settled: onSettled } = Handling;
