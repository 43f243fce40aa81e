import { invoke, upon } from "./promises.js";
import { Queue } from "./queue.js";

// Controller is what the controllers of default streams and of byte streams have in common.
//
// An algorithm of a stream is a method that is called on source, which is the underlying source of a script, or an object of
// this bundle. handle is the argument of pull: the script's controller, or this object for other sources.
export class Controller {
  constructor(stream, source, pull, cancel, highWaterMark) {
    this.stream = stream;
    this.source = source;
    this.pull = pull;
    this.cancel = cancel;
    this.highWaterMark = highWaterMark;
    this.queue = new Queue();
    this.handle = this;
    stream.controller = this;
  }

  // start begins to pull when startResult is fulfilled (Streams Standard, section 4.9.4,
  // SetUpReadableStreamDefaultController, steps 10 to 12).
  start(startResult) {
    upon(startResult, started, this);
  }

  // desiredSize is null for an errored stream.
  get desiredSize() {
    const { state } = this.stream;
    if (state === "readable") return this.highWaterMark - this.queue.total;
    return state === "closed" ? 0 : null;
  }

  // canEnqueue reports whether the stream can be closed and takes chunks.
  get canEnqueue() {
    return this.stream.state === "readable" && !this.closeRequested;
  }

  // wantsChunks reports whether pull should be called (sections 4.9.4 and 4.9.5, …ShouldCallPull).
  get wantsChunks() {
    if (!this.started || !this.canEnqueue) return false;
    const { reader } = this.stream;
    return (reader !== undefined && reader.requests.length > 0) || this.highWaterMark > this.queue.total;
  }

  // callPullIfNeeded calls pull, unless an earlier call has not completed (sections 4.9.4 and 4.9.5, …CallPullIfNeeded). The
  // result of a prompt source counts as complete at once if it is undefined.
  callPullIfNeeded() {
    if (this.pull === undefined || !this.wantsChunks) return;
    if (this.pulling) {
      this.pullAgain = true;
      return;
    }
    this.pulling = true;
    do {
      this.pullAgain = false;
      const result = invoke(this.pull, this.source, [this.handle]);
      if (result !== undefined || !this.prompt) return upon(result, pulled, this);
    } while (this.pullAgain && this.wantsChunks);
    this.pulling = false;
  }

  // clearAlgorithms releases the functions of the source, which are not called any more.
  clearAlgorithms() {
    this.source = this.pull = this.cancel = this.sizeOf = undefined;
  }

  // cancelSource calls cancel of the source, and returns its result.
  cancelSource(reason) {
    const { source, cancel } = this;
    const result = cancel === undefined ? undefined : invoke(cancel, source, [reason]);
    this.clearAlgorithms();
    return result;
  }
}

Object.assign(Controller.prototype, {
  started: false, // start has completed
  closeRequested: false, // close was called while there were chunks in the queue
  pulling: false, // a call of pull has not completed
  pullAgain: false, // pull must be called when it has
  prompt: false, // the source is Linger's own
  sizeOf: undefined, // the size function of the strategy
});

function started(controller, failed, reason) {
  if (failed) return controller.error(reason);
  controller.started = true;
  controller.callPullIfNeeded();
}

function pulled(controller, failed, reason) {
  if (failed) return controller.error(reason);
  controller.pulling = false;
  if (!controller.pullAgain) return;
  controller.pullAgain = false;
  controller.callPullIfNeeded();
}
