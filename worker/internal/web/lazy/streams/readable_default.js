import { conceal, DEFAULT_CONTROLLER, illegal, reveal } from "./idl.js";
import { Controller } from "./readable_controller.js";
import { apply } from "./promises.js";
import { Queue } from "./queue.js";

// DefaultController is the state of a ReadableStreamDefaultController (Streams Standard, sections 4.6 and 4.9.4).
export class DefaultController extends Controller {
  constructor(stream, source, highWaterMark) {
    super(stream, source, new Queue(), highWaterMark);
  }

  enqueue(chunk) {
    if (this.canEnqueue) this.add(chunk);
  }

  // add adds a chunk to a stream that takes chunks.
  add(chunk) {
    const { reader } = this.stream;
    if (reader !== undefined && reader.requests.length > 0) reader.requests.shift().chunk(chunk);
    else if (this.sizeOf === undefined) this.queue.push(chunk, 1);
    else this.addMeasured(chunk);
    this.callPullIfNeeded();
  }

  // addMeasured adds a chunk to the queue with the size that the script's function returns.
  addMeasured(chunk) {
    try {
      this.queue.push(chunk, +apply(this.sizeOf, undefined, [chunk]));
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
export function setUpFromSource(stream, source, members, highWaterMark, sizeOf) {
  const controller = new DefaultController(stream, undefined, highWaterMark);
  const handle = conceal(DEFAULT_CONTROLLER, ReadableStreamDefaultController.prototype, controller);
  controller.setSource(source, members, handle);
  if (sizeOf !== undefined) controller.sizeOf = sizeOf;
  controller.start(members.start === undefined ? undefined : apply(members.start, source, [handle]));
}

export class ReadableStreamDefaultController {
  constructor() {
    illegal("ReadableStreamDefaultController");
  }

  get desiredSize() {
    return reveal(DEFAULT_CONTROLLER, this).desiredSize;
  }

  close() {
    const controller = reveal(DEFAULT_CONTROLLER, this);
    if (!controller.canEnqueue) throw new TypeError("The stream cannot be closed: it has already been closed, cancelled or errored");
    controller.close();
  }

  enqueue(chunk = undefined) {
    const controller = reveal(DEFAULT_CONTROLLER, this);
    if (!controller.canEnqueue) throw new TypeError("The stream does not take chunks: it has been closed, cancelled or errored");
    controller.add(chunk);
  }

  error(reason = undefined) {
    reveal(DEFAULT_CONTROLLER, this).error(reason);
  }
}
