import { addStep, removeStep } from "shared";
import { acquireReader, Deferred, enqueue, upon } from "lazy/streams";
import { acquireWriter } from "./writable_writer.js";

// pipe copies the chunks of a stream to a WritableStream, and returns a Deferred for the end (Streams Standard, section
// 4.9.1, ReadableStreamPipeTo).
export function pipe(source, destination, options) {
  const p = new Pipe(source, destination, options);
  p.start();
  return p.result;
}

// Pipe is one call of pipe. It is the request of its reads, and the request of its writes, so that a chunk that is available
// costs no promise.
export class Pipe {
  constructor(source, destination, { preventAbort, preventCancel, preventClose, signal }) {
    this.result = new Deferred();
    this.source = source;
    this.destination = destination;
    this.preventAbort = preventAbort;
    this.preventCancel = preventCancel;
    this.preventClose = preventClose;
    this.signal = signal;
    this.reader = acquireReader(source);
    this.writer = acquireWriter(destination);
    source.disturbed = true;
  }

  start() {
    const { signal, source, destination } = this;
    if (signal !== undefined) {
      if (signal.aborted) return this.abort();
      this.step = () => this.abort();
      addStep(signal, this.step);
    }
    // The four conditions must be checked in this order. Later changes are noticed in jobs.
    if (source.state === "errored") this.sourceErrored();
    else this.reader.closed.upon(sourceSettled, this);
    if (destination.state === "errored") this.destinationErrored();
    else this.writer.closed.upon(destinationSettled, this);
    if (source.state === "closed") this.sourceClosed();
    if (destination.closing || destination.state === "closed") this.destinationClosed();
    this.run();
  }

  // run reads and writes chunks until the destination exerts backpressure or no chunk is available.
  run() {
    this.running = true;
    while (!this.shuttingDown && this.destination.state === "writable") {
      if (this.writer.ready.pending) {
        this.writer.ready.upon(ready, this);
        break;
      }
      this.waiting = true;
      this.reader.read(this);
      if (this.waiting) break;
    }
    this.running = false;
  }

  // chunk gets a chunk of the source. It is not written within the enqueue of the source, but in a job.
  chunk(value) {
    this.waiting = false;
    this.unwritten++;
    if (this.running) this.write(value);
    else enqueue(writeAndRun, this, false, value);
  }

  close() {} // sourceSettled handles the end
  error() {}

  write(chunk) {
    this.writer.write(chunk, this);
  }

  // resolve and reject get the result of a write.
  resolve() {
    this.unwritten--;
    if (this.unwritten === 0 && this.whenWritten !== undefined) {
      const next = this.whenWritten;
      this.whenWritten = undefined;
      enqueue(next);
    }
  }

  reject() {
    this.resolve();
  }

  sourceErrored() {
    const { storedError } = this.source;
    this.shutDown(this.preventAbort ? undefined : () => this.destination.abort(storedError), true, storedError);
  }

  destinationErrored() {
    const { storedError } = this.destination;
    this.shutDown(this.preventCancel ? undefined : () => this.source.cancel(storedError), true, storedError);
  }

  sourceClosed() {
    this.shutDown(this.preventClose ? undefined : () => this.writer.closePropagatingErrors(), false);
  }

  destinationClosed() {
    const error = new TypeError("The destination of the pipe is closed");
    this.shutDown(this.preventCancel ? undefined : () => this.source.cancel(error), true, error);
  }

  // abort runs when the signal aborts.
  abort() {
    const { reason } = this.signal;
    const { source, destination } = this;
    const actions = [];
    if (!this.preventAbort) actions.push(() => (destination.state === "writable" ? destination.abort(reason) : undefined));
    if (!this.preventCancel) actions.push(() => (source.state === "readable" ? source.cancel(reason) : undefined));
    this.shutDown(() => all(actions), true, reason);
  }

  // shutDown ends the pipe after an action, if there is one. Chunks that have been read are written before.
  shutDown(action, failed, reason) {
    if (this.shuttingDown) return;
    this.shuttingDown = true;
    const finish = () => {
      if (action === undefined) return this.finalize(failed, reason);
      upon(action(), (_, actionFailed, error) => (actionFailed ? this.finalize(true, error) : this.finalize(failed, reason)), undefined);
    };
    if (this.destination.state !== "writable" || this.destination.closing) finish();
    else if (this.unwritten > 0) this.whenWritten = finish;
    else enqueue(finish);
  }

  finalize(failed, reason) {
    this.writer.release();
    this.reader.release();
    if (this.step !== undefined) removeStep(this.signal, this.step);
    if (failed) this.result.reject(reason);
    else this.result.resolve();
  }
}

Object.assign(Pipe.prototype, {
  step: undefined, // the function that signal calls
  shuttingDown: false,
  running: false, // run is being called
  waiting: false, // a read has no result yet
  unwritten: 0, // chunks that have been read and whose write has not completed
  whenWritten: undefined, // called when all of them are written
});

function sourceSettled(pipe, failed) {
  if (failed) pipe.sourceErrored();
  else pipe.sourceClosed();
}

function destinationSettled(pipe, failed) {
  if (failed) pipe.destinationErrored();
  else pipe.destinationClosed();
}

const ready = (pipe) => pipe.run();

function writeAndRun(pipe, _, chunk) {
  pipe.write(chunk);
  if (!pipe.running) pipe.run();
}

// all calls functions and returns a Deferred that settles when all of their results have, or one of them has failed.
function all(functions) {
  const result = new Deferred();
  let remaining = functions.length;
  if (remaining === 0) result.resolve();
  for (const run of functions) {
    upon(run(), (_, failed, reason) => (failed ? result.reject(reason) : --remaining === 0 && result.resolve()), undefined);
  }
  return result;
}
