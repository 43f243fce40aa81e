import { none } from "./idl.js";
import { bind, enqueue, rejected, upon } from "./promises.js";

// Controller is what the controllers of default streams and of byte streams have in common.
//
// source is an object whose methods pull(controller) and cancel(reason) are called if it has them. The argument of pull is
// the controller of the script if the source is that of a script, and this object otherwise.
export class Controller {
  constructor(stream, source, queue, highWaterMark) {
    this.stream = stream;
    this.source = source;
    this.queue = queue;
    this.highWaterMark = highWaterMark;
    this.started = false; // start has completed
    this.pulling = false; // a call of pull has not completed
    stream.controller = this;
  }

  // setSource makes the members pull and cancel of an underlying source of a script the source. handle is its controller.
  setSource(source, { pull, cancel }, handle) {
    this.source = { __proto__: null, pull: bind(pull, source), cancel: bind(cancel, source) };
    this.handle = handle;
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
  wantsChunks() {
    const { stream } = this;
    if (!this.started || this.closeRequested || stream.state !== "readable") return false;
    if (this.highWaterMark > this.queue.total) return true;
    const { reader } = stream;
    return reader !== undefined && reader.requests.length > 0;
  }

  // callPullIfNeeded calls pull, unless an earlier call has not completed (sections 4.9.4 and 4.9.5, …CallPullIfNeeded). The
  // result of a prompt source counts as complete at once if it is undefined.
  callPullIfNeeded() {
    if (!this.wantsChunks() || this.source.pull === undefined) return;
    if (this.pulling) {
      this.pullAgain = true;
      return;
    }
    this.pulling = true;
    do {
      this.pullAgain = false;
      let result;
      try {
        result = this.source.pull(this.handle ?? this);
      } catch (error) {
        result = rejected(error);
      }
      if (result !== undefined) return upon(result, pulled, this);
      if (!this.prompt) return enqueue(pulled, this, false);
    } while (this.pullAgain && this.wantsChunks());
    this.pulling = false;
  }

  // clearAlgorithms releases the functions of the source, which are not called any more.
  clearAlgorithms() {
    this.source = none;
    this.sizeOf = undefined;
  }

  // cancelSource calls cancel of the source, and returns its result.
  cancelSource(reason) {
    let result;
    try {
      result = this.source.cancel?.(reason);
    } catch (error) {
      result = rejected(error);
    }
    this.clearAlgorithms();
    return result;
  }
}

Object.assign(Controller.prototype, {
  handle: undefined, // the controller of the script
  prompt: false, // the source is Linger's own
  closeRequested: false, // close was called while there were chunks in the queue
  pullAgain: false, // pull must be called when its last call has completed
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
