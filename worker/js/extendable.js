import { expect } from "web/define.js";
import { Event } from "web/event.js";
import { DOMException } from "web/exception.js";
import { host } from "web/host.js";
import { report } from "./report.js";
import { settle } from "./settle.js";

// lifetimeOf gives the other modules the lifetime of an event.
export let lifetimeOf;

// An event lives from its dispatch until every listener is done, and as long as waitUntil has work that is not.
class Lifetime {
  id; // of the event, as Go knows it
  active = false; // listeners are at work
  extensions = 0; // promises of waitUntil that have not settled

  get over() {
    return !this.active && this.extensions === 0;
  }

  // extend keeps the event alive, and the worker from stopping, until the promise has settled.
  extend(promise) {
    this.extensions++;
    host.extend(1);
    settle(promise, (error) => report(this.id, error), () => {
      this.extensions--;
      host.extend(-1);
    });
  }
}

export class ExtendableEvent extends Event {
  #lifetime = new Lifetime();

  static {
    lifetimeOf = (event) => event.#lifetime;
  }

  // waitUntil keeps the worker from stopping before the promise has settled. It does not delay the next event.
  waitUntil(promise) {
    expect(arguments.length, 1, "waitUntil");
    if (this.#lifetime.over) {
      throw new DOMException("waitUntil was called after the event's time: call it before the listener is done", "InvalidStateError");
    }
    this.#lifetime.extend(promise);
  }
}
