import { clearTimeout, startTimer } from "web/timers.js";
import { toPromise } from "./settle.js";

const maxBlock = 30000; // the time in milliseconds in which the callback of blockConcurrencyWhile must complete

// InputGate delivers the events of an object. While a callback of blockConcurrencyWhile is in progress, events wait.
export class InputGate {
  #blocked = false;
  #waiting = []; // functions, in order

  // deliver calls fn when no callback of block is in progress.
  deliver(fn) {
    if (this.#blocked) this.#waiting.push(fn);
    else fn();
  }

  // block calls callback, and delivers nothing until its promise has settled. It returns a promise of the result. failed(error) is called
  // if callback fails or takes too long.
  block(callback, failed) {
    return new Promise((resolve, reject) => {
      this.deliver(() => {
        this.#blocked = true;
        const fail = (error) => {
          failed(error);
          reject(error);
        };
        const timer = startTimer(() => fail(new Error("A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the Durable Object was reset.")), maxBlock);
        const settled = (then) => (value) => {
          clearTimeout(timer);
          then(value);
          this.#unblock();
        };
        toPromise(attempt(callback)).then(settled(resolve), settled(fail));
      });
    });
  }

  #unblock() {
    this.#blocked = false;
    while (!this.#blocked && this.#waiting.length > 0) this.#waiting.shift()();
  }
}

// attempt returns the result of a callback, or a rejected promise if it throws.
function attempt(callback) {
  try {
    return callback();
  } catch (error) {
    return Promise.reject(error);
  }
}
