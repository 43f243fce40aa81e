import { expect } from "shared";
import { BYOB_READER, conceal, DEFAULT_READER, dictionary, reveal, revealOr, wholeNumber, wrongClass } from "./idl.js";
import { isDetached } from "./readable_byte.js";
import { Deferred, rejected } from "./promises.js";
import { readableOf } from "./readable.js";

// Reader is the state of a ReadableStreamDefaultReader, or of a ReadableStreamBYOBReader if byob is true (Streams Standard,
// sections 4.3 to 4.5 and 4.9.3).
//
// A request is an object whose methods get the result of a read: chunk(value), close(value) or error(reason). value of
// close is undefined but for a BYOB reader. The methods may be called before the read returns, and must not throw.
export class Reader {
  constructor(stream, byob) {
    if (stream.locked) throw new TypeError("The stream is already locked by a reader");
    this.requests = []; // requests that wait for a chunk
    this.stream = stream;
    this.byob = byob;
    stream.reader = this;
    switch (stream.state) {
      case "readable":
        this.closed = new Deferred();
        break;
      case "closed":
        this.closed = Deferred.fulfilled(undefined);
        break;
      default:
        this.closed = Deferred.rejected(stream.storedError);
    }
  }

  get object() {
    return this.byob
      ? conceal(BYOB_READER, ReadableStreamBYOBReader.prototype, this)
      : conceal(DEFAULT_READER, ReadableStreamDefaultReader.prototype, this);
  }

  // read reads a chunk (section 4.9.3, ReadableStreamDefaultReaderRead).
  read(request) {
    const { stream } = this;
    stream.disturbed = true;
    if (stream.state === "readable") stream.controller.pullSteps(request);
    else if (stream.state === "closed") request.close();
    else request.error(stream.storedError);
  }

  // readInto reads into a view (section 4.9.3, ReadableStreamBYOBReaderRead).
  readInto(view, min, request) {
    const { stream } = this;
    stream.disturbed = true;
    if (stream.state === "errored") request.error(stream.storedError);
    else stream.controller.pullInto(view, min, request);
  }

  // release unlocks the stream (section 4.9.3, ReadableStreamReaderGenericRelease). Waiting requests fail.
  release() {
    const { stream } = this;
    if (stream === undefined) return;
    const error = released();
    if (this.closed.pending) this.closed.reject(error);
    else this.closed = Deferred.rejected(error);
    stream.controller.releaseSteps();
    this.stream = stream.reader = undefined;
    this.failRequests(error);
  }

  takeRequests() {
    const { requests } = this;
    if (requests.length > 0) this.requests = [];
    return requests;
  }

  failRequests(reason) {
    for (const request of this.takeRequests()) request.error(reason);
  }
}

export const acquireReader = (stream) => new Reader(stream, false);

export function acquireBYOBReader(stream) {
  if (stream.controller.pullInto === undefined) throw new TypeError("Only a byte stream has a BYOB reader");
  return new Reader(stream, true);
}

const released = () => new TypeError("The reader has released its stream");

// closedOf and cancelBy implement the members that both classes of readers have (section 4.3).
const closedOf = (kind, value) => revealOr(kind, value)?.closed.quietPromise ?? rejected(wrongClass());

function cancelBy(kind, value, reason) {
  const reader = revealOr(kind, value);
  if (reader === undefined) return rejected(wrongClass());
  return reader.stream === undefined ? rejected(released()) : reader.stream.cancel(reason);
}

export class ReadableStreamDefaultReader {
  constructor(stream) {
    expect(arguments.length, 1, "new ReadableStreamDefaultReader");
    return conceal(DEFAULT_READER, new.target.prototype, acquireReader(readableOf(stream)));
  }

  get closed() {
    return closedOf(DEFAULT_READER, this);
  }

  cancel(reason = undefined) {
    return cancelBy(DEFAULT_READER, this, reason);
  }

  read() {
    let reader;
    try {
      reader = reveal(DEFAULT_READER, this);
    } catch (error) {
      return rejected(error);
    }
    if (reader.stream === undefined) return rejected(released());
    const request = new Deferred();
    reader.read(request);
    return request.promise;
  }

  releaseLock() {
    reveal(DEFAULT_READER, this).release();
  }
}

export class ReadableStreamBYOBReader {
  constructor(stream) {
    expect(arguments.length, 1, "new ReadableStreamBYOBReader");
    return conceal(BYOB_READER, new.target.prototype, acquireBYOBReader(readableOf(stream)));
  }

  get closed() {
    return closedOf(BYOB_READER, this);
  }

  cancel(reason = undefined) {
    return cancelBy(BYOB_READER, this, reason);
  }

  read(view, options = undefined) {
    try {
      const reader = reveal(BYOB_READER, this);
      expect(arguments.length, 1, "read");
      const min = checkRead(view, options);
      if (reader.stream === undefined) throw released();
      const request = new Deferred();
      reader.readInto(view, min, request);
      return request.promise;
    } catch (error) {
      return rejected(error);
    }
  }

  releaseLock() {
    reveal(BYOB_READER, this).release();
  }
}

// checkRead checks the arguments of read of a BYOB reader, and returns the minimum number of elements (section 4.5.3).
function checkRead(view, options) {
  checkView(view);
  const { min: given = 1 } = dictionary(options, "The options of read");
  const min = wholeNumber(given, "min");
  if (view.byteLength === 0) throw new TypeError("A read needs a view that is not empty");
  if (min === 0) throw new TypeError("min must be at least 1");
  const length = view.length ?? view.byteLength; // a DataView has no length
  if (min > length) throw new RangeError(`min is ${min}, but the view has ${length} elements`);
  return min;
}

// checkView checks that a value can be converted to ArrayBufferView.
export function checkView(view) {
  if (!ArrayBuffer.isView(view)) throw new TypeError("A view of an ArrayBuffer is required, such as a Uint8Array");
  const { buffer } = view;
  if (!(buffer instanceof ArrayBuffer)) throw new TypeError("A view of a SharedArrayBuffer cannot be used");
  if (buffer.resizable) throw new TypeError("A view of a resizable ArrayBuffer cannot be used");
  if (isDetached(buffer)) throw new TypeError("The ArrayBuffer of the view is detached");
}
