import { conceal, illegal, kinds, reveal } from "./idl.js";
import { Controller } from "./readable_controller.js";
import { apply } from "./promises.js";

// DefaultController is the state of a ReadableStreamDefaultController (Streams Standard, sections 4.6 and 4.9.4).
export class DefaultController extends Controller {
  enqueue(chunk) {
    if (!this.canEnqueue) return;
    const { reader } = this.stream;
    if (reader !== undefined && reader.requests.length > 0) {
      reader.requests.shift().chunk(chunk);
    } else {
      this.addToQueue(chunk);
    }
    this.callPullIfNeeded();
  }

  addToQueue(chunk) {
    try {
      const { sizeOf } = this;
      this.queue.push(chunk, sizeOf === undefined ? 1 : +apply(sizeOf, undefined, [chunk]));
    } catch (error) {
      this.error(error);
      throw error;
    }
  }

  close() {
    if (!this.canEnqueue) return;
    this.closeRequested = true;
    if (!this.queue.empty) return;
    this.clearAlgorithms();
    this.stream.close();
  }

  error(reason) {
    if (this.stream.state !== "readable") return;
    this.queue.clear();
    this.clearAlgorithms();
    this.stream.error(reason);
  }

  // cancelSteps, pullSteps and releaseSteps are what a stream calls when it is cancelled, read and released (section 4.6.4).
  cancelSteps(reason) {
    this.queue.clear();
    return this.cancelSource(reason);
  }

  pullSteps(request) {
    const { queue } = this;
    if (queue.empty) {
      this.stream.reader.requests.push(request);
      this.callPullIfNeeded();
      return;
    }
    const chunk = queue.shift();
    if (this.closeRequested && queue.empty) {
      this.clearAlgorithms();
      this.stream.close();
    } else {
      this.callPullIfNeeded();
    }
    request.chunk(chunk);
  }

  releaseSteps() {}
}

// setUpFromSource makes a script's underlying source the source of a stream (section 4.9.4,
// SetUpReadableStreamDefaultControllerFromUnderlyingSource).
export function setUpFromSource(stream, source, { start, pull, cancel }, highWaterMark, sizeOf) {
  const controller = new DefaultController(stream, source, pull, cancel, highWaterMark);
  controller.sizeOf = sizeOf;
  controller.handle = conceal(kinds.ReadableStreamDefaultController, ReadableStreamDefaultController.prototype, controller);
  controller.start(start === undefined ? undefined : apply(start, source, [controller.handle]));
}

const stateOf = (value) => reveal(kinds.ReadableStreamDefaultController, value);

export class ReadableStreamDefaultController {
  constructor() {
    illegal("ReadableStreamDefaultController");
  }

  get desiredSize() {
    return stateOf(this).desiredSize;
  }

  close() {
    const controller = stateOf(this);
    if (!controller.canEnqueue) throw new TypeError("The stream cannot be closed: it has already been closed, cancelled or errored");
    controller.close();
  }

  enqueue(chunk = undefined) {
    const controller = stateOf(this);
    if (!controller.canEnqueue) throw new TypeError("The stream does not take chunks: it has been closed, cancelled or errored");
    controller.enqueue(chunk);
  }

  error(reason = undefined) {
    stateOf(this).error(reason);
  }
}
