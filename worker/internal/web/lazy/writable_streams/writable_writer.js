import { expect } from "shared";
import { conceal, Deferred, rejected, reveal, revealOr, wrongClass } from "lazy/streams";
import { closeCalled, writableOf } from "./writable.js";

const WRITER = 109;

// Writer is the state of a WritableStreamDefaultWriter (sections 5.3 and 5.5.3).
export class Writer {
  constructor(stream) {
    if (stream.locked) throw new TypeError("The stream is already locked by a writer");
    this.stream = stream;
    stream.writer = this;
    const { state, storedError } = stream;
    this.closed = state === "errored" ? Deferred.rejected(storedError) : new Deferred();
    if (state === "closed") this.closed.resolve();
    if (state === "erroring" || state === "errored") this.ready = Deferred.rejected(storedError);
    else if (state === "writable" && !stream.closing && stream.backpressure) this.ready = new Deferred();
    else this.ready = Deferred.fulfilled(undefined);
  }

  get object() {
    return conceal(WRITER, WritableStreamDefaultWriter.prototype, this);
  }

  get desiredSize() {
    const { state, controller } = this.stream;
    if (state === "writable") return controller.desiredSize;
    return state === "closed" ? 0 : null;
  }

  // write writes a chunk. request is an object whose methods resolve() and reject(reason) get the result (section 5.5.3,
  // WritableStreamDefaultWriterWrite).
  write(chunk, request) {
    const { stream } = this;
    const size = stream.controller.sizeOfChunk(chunk);
    if (stream !== this.stream) return request.reject(releasedError()); // the size function has released the writer
    const { state } = stream;
    if (state === "errored") return request.reject(stream.storedError);
    if (stream.closing || state === "closed") return request.reject(new TypeError("A chunk cannot be written: the stream is closed"));
    if (state === "erroring") return request.reject(stream.storedError);
    stream.writeRequests.push(request);
    stream.controller.write(chunk, size);
  }

  // closePropagatingErrors returns the result of closing (section 5.5.3,
  // WritableStreamDefaultWriterCloseWithErrorPropagation).
  closePropagatingErrors() {
    const { stream } = this;
    if (stream.closing || stream.state === "closed") return undefined;
    return stream.state === "errored" ? rejected(stream.storedError) : stream.close();
  }

  failReady(reason) {
    if (this.ready.pending) this.ready.reject(reason);
    else this.ready = Deferred.rejected(reason);
  }

  failClosed(reason) {
    if (this.closed.pending) this.closed.reject(reason);
    else this.closed = Deferred.rejected(reason);
  }

  // release unlocks the stream (section 5.5.3, WritableStreamDefaultWriterRelease).
  release() {
    const { stream } = this;
    if (stream === undefined) return;
    const error = releasedError();
    this.failReady(error);
    this.failClosed(error);
    this.stream = stream.writer = undefined;
  }
}

export const acquireWriter = (stream) => new Writer(stream);

const writerOf = (value) => reveal(WRITER, value);

// promiseOf calls operation with the state of a writer that has a stream, and returns its promise.
function promiseOf(value, operation) {
  const writer = revealOr(WRITER, value);
  if (writer === undefined) return rejected(wrongClass());
  return writer.stream === undefined ? rejected(releasedError()) : operation(writer);
}

export class WritableStreamDefaultWriter {
  constructor(stream) {
    expect(arguments.length, 1, "new WritableStreamDefaultWriter");
    return conceal(WRITER, new.target.prototype, acquireWriter(writableOf(stream)));
  }

  get closed() {
    return revealOr(WRITER, this)?.closed.quietPromise ?? rejected(wrongClass());
  }

  get desiredSize() {
    const writer = writerOf(this);
    if (writer.stream === undefined) throw releasedError();
    return writer.desiredSize;
  }

  get ready() {
    return revealOr(WRITER, this)?.ready.quietPromise ?? rejected(wrongClass());
  }

  abort(reason = undefined) {
    return promiseOf(this, (writer) => writer.stream.abort(reason));
  }

  close() {
    return promiseOf(this, ({ stream }) => (stream.closing ? rejected(closeCalled()) : stream.close().promise));
  }

  releaseLock() {
    writerOf(this).release();
  }

  write(chunk = undefined) {
    return promiseOf(this, (writer) => {
      const request = new Deferred();
      writer.write(chunk, request);
      return request.promise;
    });
  }
}

const releasedError = () => new TypeError("The writer has released its stream");
