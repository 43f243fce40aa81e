import {
  apply, callback, conceal, Deferred, highWaterMark, optionalObject, rejected,
  resolved, reveal, revealOr, strategy, upon, WRITABLE_STREAM, wrongClass,
} from "lazy/streams";
import { WritableController } from "./writable_controller.js";
import { acquireWriter } from "./writable_writer.js";

// Writable is the state of a WritableStream (Streams Standard, sections 5.2, 5.5.1 and 5.5.2).
export class Writable {
  constructor() {
    this.writeRequests = []; // an object with resolve() and reject(reason) for each chunk in the queue
  }

  get object() {
    return (this.created ??= conceal(WRITABLE_STREAM, WritableStream.prototype, this));
  }

  get locked() {
    return this.writer !== undefined;
  }

  // closing reports whether close has been called (WritableStreamCloseQueuedOrInFlight).
  get closing() {
    return this.closeRequest !== undefined || this.closeInFlight !== undefined;
  }

  // abort returns a promise (section 5.5.1, WritableStreamAbort).
  abort(reason) {
    if (this.ended) return resolved();
    this.controller.abortSignal(reason);
    if (this.ended) return resolved(); // a listener of the signal may have changed the state
    if (this.pendingAbort !== undefined) return this.pendingAbort.result.promise;
    const wasErroring = this.state === "erroring";
    const result = new Deferred();
    this.pendingAbort = { result, reason: wasErroring ? undefined : reason, wasErroring };
    if (!wasErroring) this.startErroring(reason);
    return result.promise;
  }

  // ended reports whether the stream is closed or errored.
  get ended() {
    return this.state === "closed" || this.state === "errored";
  }

  // close returns a Deferred (section 5.5.1, WritableStreamClose).
  close() {
    if (this.ended) return Deferred.rejected(new TypeError(`The stream is ${this.state} and cannot be closed`));
    const request = (this.closeRequest = new Deferred());
    const { writer } = this;
    if (writer !== undefined && this.backpressure && this.state === "writable") writer.ready.resolve();
    this.controller.close();
    return request;
  }

  // fail handles the failure of a method of the sink (WritableStreamDealWithRejection).
  fail(error) {
    if (this.state === "writable") this.startErroring(error);
    else this.finishErroring();
  }

  startErroring(reason) {
    this.state = "erroring";
    this.storedError = reason;
    if (this.writer !== undefined) this.writer.failReady(reason);
    if (this.writeInFlight === undefined && this.closeInFlight === undefined && this.controller.started) this.finishErroring();
  }

  finishErroring() {
    this.state = "errored";
    this.controller.queue.clear();
    const requests = this.writeRequests;
    this.writeRequests = [];
    for (const request of requests) request.reject(this.storedError);
    const abort = this.pendingAbort;
    this.pendingAbort = undefined;
    if (abort === undefined) return this.failClose();
    if (abort.wasErroring) {
      abort.result.reject(this.storedError);
      return this.failClose();
    }
    const settled = (_, failed, reason) => {
      if (failed) abort.result.reject(reason);
      else abort.result.resolve();
      this.failClose();
    };
    upon(this.controller.abortSink(abort.reason), settled, undefined);
  }

  // failClose rejects the promises of the closing of an errored stream (WritableStreamRejectCloseAndClosedPromiseIfNeeded).
  failClose() {
    this.closeRequest?.reject(this.storedError);
    this.closeRequest = undefined;
    this.writer?.closed.reject(this.storedError);
  }

  writeCompleted() {
    const request = this.writeInFlight;
    this.writeInFlight = undefined;
    request.resolve();
  }

  writeFailed(error) {
    const request = this.writeInFlight;
    this.writeInFlight = undefined;
    request.reject(error);
    this.fail(error);
  }

  closeCompleted() {
    const request = this.closeInFlight;
    this.closeInFlight = undefined;
    request.resolve();
    if (this.state === "erroring") {
      this.storedError = undefined;
      this.pendingAbort?.result.resolve();
      this.pendingAbort = undefined;
    }
    this.state = "closed";
    this.writer?.closed.resolve();
  }

  closeFailed(error) {
    const request = this.closeInFlight;
    this.closeInFlight = undefined;
    request.reject(error);
    this.pendingAbort?.result.reject(error);
    this.pendingAbort = undefined;
    this.fail(error);
  }

  setBackpressure(backpressure) {
    if (this.writer !== undefined && backpressure !== this.backpressure) {
      if (backpressure) this.writer.ready = new Deferred();
      else this.writer.ready.resolve();
    }
    this.backpressure = backpressure;
  }
}

Object.assign(Writable.prototype, {
  state: "writable", // or "erroring", "errored" or "closed"
  storedError: undefined,
  backpressure: false,
  writer: undefined,
  controller: undefined,
  created: undefined,
  writeInFlight: undefined, // the request of the chunk that the sink is writing
  closeRequest: undefined, // the Deferred of close, until the sink is called
  closeInFlight: undefined, // the same while the sink is closing
  pendingAbort: undefined, // { result, reason, wasErroring }
});

// createWritable returns the Writable whose sink is an object of internal code: write(chunk), close() and abort(reason) are
// called if it has them. Each may return a promise or a Deferred.
export function createWritable(sink, highWaterMark) {
  const controller = new WritableController(new Writable(), sink, highWaterMark, undefined);
  controller.started = true;
  return controller.stream;
}

export const writableOf = (value) => reveal(WRITABLE_STREAM, value);

export class WritableStream {
  constructor(underlyingSink = undefined, queuingStrategy = undefined) {
    const sink = optionalObject(underlyingSink, "The underlying sink");
    const given = strategy(queuingStrategy);
    const { abort, close, start, type, write } = sink;
    const members = { abort: callback(abort, "abort"), close: callback(close, "close"), write: callback(write, "write") };
    callback(start, "start");
    if (type !== undefined) throw new RangeError("An underlying sink must not have a type");
    const stream = new Writable();
    stream.created = conceal(WRITABLE_STREAM, new.target.prototype, stream);
    const controller = new WritableController(stream, undefined, highWaterMark(given, 1), given.size);
    controller.setSink(underlyingSink, members);
    const handle = controller.createHandle();
    controller.start(start === undefined ? undefined : apply(start, underlyingSink, [handle]));
    return stream.created;
  }

  get locked() {
    return writableOf(this).locked;
  }

  abort(reason = undefined) {
    const stream = revealOr(WRITABLE_STREAM, this);
    if (stream === undefined) return rejected(wrongClass());
    return stream.locked ? rejected(new TypeError("A locked stream cannot be aborted: abort its writer")) : stream.abort(reason);
  }

  close() {
    const stream = revealOr(WRITABLE_STREAM, this);
    if (stream === undefined) return rejected(wrongClass());
    if (stream.locked) return rejected(new TypeError("A locked stream cannot be closed: close its writer"));
    return stream.closing ? rejected(closeCalled()) : stream.close().promise;
  }

  getWriter() {
    return acquireWriter(writableOf(this)).object;
  }
}

export const closeCalled = () => new TypeError("The stream has already been closed");
