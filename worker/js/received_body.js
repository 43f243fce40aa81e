import { addStep, removeStep } from "web/abort.js";
import { begin, free } from "web/context.js";
import { expose, host } from "web/host.js";

const waiting = new Map(); // the reads that wait, by the numbers of their bodies: { body, resolve, reject, failure, operation }

// A body that the script does not refer to any more is discarded.
let forgotten;

// ReceivedBody is a body that Go receives: that of a request, or of the response to a fetch. It is a source for Content.
export class ReceivedBody {
  onAbort; // called with the reason when abort was called; the stream of the body sets it
  #failure; // { reason } after abort
  #signal; // the AbortSignal of the fetch, until the body has ended
  #step;

  constructor(number) {
    this.number = number;
    forgotten ??= new FinalizationRegistry((forgottenNumber) => host.cancelBody(forgottenNumber));
    forgotten.register(this, number);
  }

  // next returns the next chunk as an ArrayBuffer, null at the end, or a promise of either.
  next() {
    return this.#read(false);
  }

  // whole returns the complete body as an ArrayBuffer, or a promise of it.
  whole() {
    return this.#read(true);
  }

  cancel() {
    this.#end();
    host.cancelBody(this.number);
  }

  // abortWith makes the body fail when the signal aborts. The signal refers to the body weakly, so that a body which the script
  // has dropped is discarded at once.
  abortWith(signal) {
    const ref = new WeakRef(this);
    this.#signal = signal;
    this.#step = () => ref.deref()?.#abort(signal.reason);
    addStep(signal, this.#step);
  }

  #abort(reason) {
    this.#failure = { reason };
    host.cancelBody(this.number);
    const read = take(this.number);
    read?.operation.end(read.reject, reason);
    this.onAbort?.(reason);
  }

  // passOn returns whether Go must report the end of the body, which Go sends from now on.
  passOn() {
    const { number } = this;
    if (!this.#signal) return false;
    waiting.set(number, { body: this, resolve: () => this.#end(), reject: () => this.#end(), operation: free });
    return true;
  }

  #read(whole) {
    if (this.#failure) throw this.#failure.reason;
    const chunk = host.readBody(this.number, whole);
    if (chunk === undefined) return this.#wait(whole);
    if (chunk === null || whole) this.#end();
    return chunk;
  }

  async #wait(whole) {
    const failure = new TypeError(""); // created here, so that its stack contains the caller
    try {
      const chunk = await new Promise((resolve, reject) => {
        const operation = begin(() => {
          take(this.number);
          this.cancel();
        });
        waiting.set(this.number, { body: this, resolve, reject, failure, operation });
      });
      if (chunk === null || whole) this.#end();
      return chunk;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  // end releases the signal.
  #end() {
    if (this.#signal) removeStep(this.#signal, this.#step);
    this.#signal = this.#step = undefined;
  }
}

// take removes a read that waits and returns it, or undefined if there is none.
function take(number) {
  const read = waiting.get(number);
  waiting.delete(number);
  return read;
}

expose("bodyChunk", (number, chunk) => {
  const read = take(number);
  read?.operation.end(read.resolve, chunk);
});

expose("bodyFailed", (number, message) => {
  const read = take(number);
  if (!read) return;
  Object.defineProperty(read.failure, "message", { value: message, writable: true, configurable: true });
  read.operation.end(read.reject, read.failure);
});

// receivedBody returns the body that Go passes: bytes as an ArrayBuffer, the number of a body that has not arrived completely, or
// null.
export const receivedBody = (given) => (typeof given === "number" ? new ReceivedBody(given) : given && new Uint8Array(given));
