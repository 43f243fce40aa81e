import { AbortController } from "shared";
import { apply, bind, conceal, enqueue, illegal, none, Queue, rejected, reveal, upon } from "lazy/streams";

const WRITABLE_CONTROLLER = 110;

const closeSentinel = Symbol("close"); // the chunk in the queue that closes the sink

// WritableController is the state of a WritableStreamDefaultController (Streams Standard, sections 5.4 and 5.5.4). sink is an
// object whose methods write(chunk, controller), close() and abort(reason) are called if it has them. controller is that of
// the script if the sink is that of a script, and undefined otherwise.
export class WritableController {
  constructor(stream, sink, highWaterMark, sizeOf) {
    this.stream = stream;
    stream.controller = this;
    this.sink = sink;
    this.highWaterMark = highWaterMark;
    this.sizeOf = sizeOf;
    this.queue = new Queue();
    this.started = false; // start has completed
    stream.setBackpressure(highWaterMark <= 0);
  }

  // setSink makes the members of an underlying sink of a script the sink.
  setSink(sink, { write, close, abort }) {
    this.sink = { __proto__: null, write: bind(write, sink), close: bind(close, sink), abort: bind(abort, sink) };
  }

  // start begins to call the sink when startResult has settled.
  start(startResult) {
    upon(startResult, sinkStarted, this);
  }

  // createHandle creates the controller of the script, which is the argument of start and write of its sink.
  createHandle() {
    return (this.handle = conceal(WRITABLE_CONTROLLER, WritableStreamDefaultController.prototype, this));
  }

  // signal is created when it is first needed.
  get signal() {
    if (this.aborting === undefined) {
      this.aborting = new AbortController();
      if (this.aborted) this.aborting.abort(this.abortReason);
    }
    return this.aborting.signal;
  }

  abortSignal(reason) {
    if (this.aborting !== undefined) return this.aborting.abort(reason);
    if (this.aborted) return;
    this.aborted = true;
    this.abortReason = reason;
  }

  get desiredSize() {
    return this.highWaterMark - this.queue.total;
  }

  get backpressure() {
    return this.highWaterMark <= this.queue.total;
  }

  // sizeOfChunk returns the size of a chunk. If the size function throws an exception, the stream fails.
  sizeOfChunk(chunk) {
    if (this.sizeOf === undefined) return 1;
    try {
      return +apply(this.sizeOf, undefined, [chunk]);
    } catch (error) {
      this.errorIfNeeded(error);
      return 1;
    }
  }

  write(chunk, size) {
    try {
      this.queue.push(chunk, size);
    } catch (error) {
      return this.errorIfNeeded(error);
    }
    const { stream } = this;
    if (!stream.closing && stream.state === "writable") stream.setBackpressure(this.backpressure);
    this.advance();
  }

  close() {
    this.queue.push(closeSentinel, 0);
    this.advance();
  }

  // advance calls the sink for the next chunk (WritableStreamDefaultControllerAdvanceQueueIfNeeded).
  advance() {
    const { stream, queue } = this;
    if (!this.started || stream.writeInFlight !== undefined) return;
    if (stream.state === "erroring") return stream.finishErroring();
    if (queue.empty) return;
    const chunk = queue.peek();
    if (chunk === closeSentinel) return this.processClose();
    stream.writeInFlight = stream.writeRequests.shift();
    let result;
    try {
      result = this.sink.write?.(chunk, this.handle);
    } catch (error) {
      result = rejected(error);
    }
    if (result === undefined) enqueue(written, this, false);
    else upon(result, written, this);
  }

  processClose() {
    const { stream } = this;
    stream.closeInFlight = stream.closeRequest;
    stream.closeRequest = undefined;
    this.queue.shift();
    let result;
    try {
      result = this.sink.close?.();
    } catch (error) {
      result = rejected(error);
    }
    this.clearAlgorithms();
    upon(result, closed, stream);
  }

  abortSink(reason) {
    let result;
    try {
      result = this.sink.abort?.(reason);
    } catch (error) {
      result = rejected(error);
    }
    this.clearAlgorithms();
    return result;
  }

  errorIfNeeded(error) {
    if (this.stream.state === "writable") this.error(error);
  }

  error(error) {
    this.clearAlgorithms();
    this.stream.startErroring(error);
  }

  clearAlgorithms() {
    this.sink = none;
    this.sizeOf = undefined;
  }
}

Object.assign(WritableController.prototype, {
  handle: undefined, // the controller of the script
  aborting: undefined, // the AbortController of signal
  aborted: false, // the stream was aborted before signal was created
  abortReason: undefined,
});

function sinkStarted(controller, failed, reason) {
  controller.started = true;
  if (failed) controller.stream.fail(reason);
  else controller.advance();
}

function written(controller, failed, reason) {
  const { stream, queue } = controller;
  if (failed) {
    if (stream.state === "writable") controller.clearAlgorithms();
    return stream.writeFailed(reason);
  }
  stream.writeCompleted();
  queue.shift();
  if (!stream.closing && stream.state === "writable") stream.setBackpressure(controller.backpressure);
  controller.advance();
}

function closed(stream, failed, reason) {
  if (failed) stream.closeFailed(reason);
  else stream.closeCompleted();
}

const controllerOf = (value) => reveal(WRITABLE_CONTROLLER, value);

export class WritableStreamDefaultController {
  constructor() {
    illegal("WritableStreamDefaultController");
  }

  get signal() {
    return controllerOf(this).signal;
  }

  error(error = undefined) {
    const controller = controllerOf(this);
    if (controller.stream.state === "writable") controller.error(error);
  }
}
