import { AbortController } from "shared";
import { conceal, illegal, kinds, reveal } from "./idl.js";
import { apply, invoke, upon } from "./promises.js";
import { Queue } from "./queue.js";

const closeSentinel = Symbol("close"); // the chunk in the queue that closes the sink

// WritableController is the state of a WritableStreamDefaultController (sections 5.4 and 5.5.4). The methods write, close and
// abort are called on sink: the underlying sink of a script, or an object of this bundle.
export class WritableController {
  constructor(stream, sink, { write, close, abort }, highWaterMark, sizeOf) {
    this.stream = stream;
    stream.controller = this;
    this.sink = sink;
    this.writeChunk = write;
    this.closeSink = close;
    this.abortOfSink = abort;
    this.highWaterMark = highWaterMark;
    this.sizeOf = sizeOf;
    this.queue = new Queue();
    stream.setBackpressure(this.backpressure);
  }

  // start begins to call the sink when startResult has settled.
  start(startResult) {
    upon(startResult, sinkStarted, this);
  }

  // object is the argument of start and write of a script's sink.
  get object() {
    return (this.created ??= conceal(kinds.WritableStreamDefaultController, WritableStreamDefaultController.prototype, this));
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
    return this.desiredSize <= 0;
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
    const { writeChunk } = this;
    upon(writeChunk === undefined ? undefined : invoke(writeChunk, this.sink, [chunk, this.object]), written, this);
  }

  processClose() {
    const { stream } = this;
    stream.closeInFlight = stream.closeRequest;
    stream.closeRequest = undefined;
    this.queue.shift();
    const { closeSink } = this;
    const result = closeSink === undefined ? undefined : invoke(closeSink, this.sink, []);
    this.clearAlgorithms();
    upon(result, closed, stream);
  }

  abortSink(reason) {
    const { abortOfSink } = this;
    const result = abortOfSink === undefined ? undefined : invoke(abortOfSink, this.sink, [reason]);
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
    this.sink = this.writeChunk = this.closeSink = this.abortOfSink = this.sizeOf = undefined;
  }
}

Object.assign(WritableController.prototype, {
  started: false, // start has completed
  created: undefined,
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

const controllerOf = (value) => reveal(kinds.WritableStreamDefaultController, value);

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
