import { outside } from "./context.js";
import { startTimer } from "./timers.js";

// A Gate lets callbacks run while no critical section runs, and keeps the others in the order in which they came. The gate of an owner is
// the root; each critical section has its own gate, for its own callbacks and for the sections within it.
export class Gate {
  #parent;
  #running; // the critical section that runs, or undefined
  #sections = []; // the functions that start the sections that wait, with their gates
  #waiting = []; // the callbacks that wait
  #draining = false; // a turn is requested for the first callback of waiting
  #complete = false; // the function of this section has completed
  #left = false; // this section has ended

  constructor(parent) {
    this.#parent = parent;
  }

  // living returns this gate or, if its section has ended, that of the nearest section around it that has not.
  get living() {
    let gate = this;
    while (gate.#left) gate = gate.#parent;
    return gate;
  }

  // idle is whether no section runs and no callback waits.
  get idle() {
    return this.#running === undefined && this.#waiting.length === 0;
  }

  // pass calls a callback, now or later in a turn of its own.
  pass(callback) {
    if (this.idle) callback();
    else this.#waiting.push(callback);
  }

  // lock adds a critical section, and calls start when it may run. Until it has left, the callbacks of this gate wait.
  lock(section, start) {
    if (this.#running === undefined) this.#run(section, start);
    else this.#sections.push({ section, start });
  }

  // leave ends the section of this gate, when the sections within it have ended. The callbacks that wait in it are passed to the gate around
  // it, before those that wait there.
  leave() {
    this.#complete = true;
    if (this.#running !== undefined) return;
    const parent = this.#parent;
    this.#left = true;
    parent.#waiting.unshift(...this.#waiting);
    this.#waiting = [];
    parent.#running = undefined;
    parent.#next();
  }

  // drop removes what waits.
  drop() {
    this.#running?.drop();
    this.#running = undefined;
    this.#sections = [];
    this.#waiting = [];
  }

  #run(section, start) {
    this.#running = section;
    start();
  }

  // next starts the next section or, if there is none, requests a turn for the first callback that waits.
  #next() {
    const next = this.#sections.shift();
    if (next !== undefined) return this.#run(next.section, next.start);
    if (this.#complete) return this.leave();
    if (this.#waiting.length === 0 || this.#draining) return;
    this.#draining = true;
    outside(startTimer, () => this.#drain(), 0);
  }

  // drain calls the first callback, unless a section has begun.
  #drain() {
    this.#draining = false;
    if (this.#left || this.#running !== undefined) return;
    try {
      this.#waiting.shift()?.();
    } finally {
      if (this.#running === undefined) this.#next();
    }
  }
}
