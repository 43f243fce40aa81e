import { expect, isAbortSignal, lazy } from "shared";
import { acquireBYOBReader, acquireReader } from "./readable_reader.js";
import { setUpBytesFromSource } from "./readable_byte.js";
import { setUpFromSource } from "./readable_default.js";
import { iterate } from "./readable_iterator.js";
import {
  callback, conceal, dictionary, highWaterMark, optionalObject, READABLE_STREAM, reveal, revealOr, strategy, wholeNumber, WRITABLE_STREAM,
} from "./idl.js";
import { rejected, resolved, withoutValue } from "./promises.js";

// Readable is the state of a ReadableStream (Streams Standard, sections 4.2 and 4.9).
export class Readable {
  // object is the ReadableStream, which is created when it is first needed.
  get object() {
    return (this.created ??= conceal(READABLE_STREAM, ReadableStream.prototype, this));
  }

  get locked() {
    return this.reader !== undefined;
  }

  // cancel returns a promise (section 4.9.1, ReadableStreamCancel).
  cancel(reason) {
    this.disturbed = true;
    if (this.state === "closed") return resolved();
    if (this.state === "errored") return rejected(this.storedError);
    this.close();
    const { reader } = this;
    if (reader !== undefined && reader.byob) for (const request of reader.takeRequests()) request.close();
    return withoutValue(this.controller.cancelSteps(reason));
  }

  // close ends a stream whose queue is empty (section 4.9.2, ReadableStreamClose).
  close() {
    this.state = "closed";
    const { reader } = this;
    if (reader === undefined) return;
    reader.closed.resolve();
    if (!reader.byob) for (const request of reader.takeRequests()) request.close();
  }

  // error ends a stream with an error (section 4.9.2, ReadableStreamError).
  error(reason) {
    this.state = "errored";
    this.storedError = reason;
    const { reader } = this;
    if (reader === undefined) return;
    reader.closed.reject(reason);
    reader.failRequests(reason);
  }
}

Object.assign(Readable.prototype, {
  state: "readable", // or "closed" or "errored"
  storedError: undefined,
  disturbed: false, // it has been read or cancelled
  reader: undefined,
  controller: undefined,
  created: undefined,
});

export const readableOf = (value) => reveal(READABLE_STREAM, value);

// promised returns the promise of an operation on a stream. Exceptions become rejections, as Web IDL requires.
function promised(operation) {
  try {
    return operation();
  } catch (error) {
    return rejected(error);
  }
}

export class ReadableStream {
  constructor(underlyingSource = undefined, queuingStrategy = undefined) {
    const source = optionalObject(underlyingSource, "The underlying source");
    const given = strategy(queuingStrategy);
    const members = sourceMembers(source);
    const stream = new Readable();
    stream.created = conceal(READABLE_STREAM, new.target.prototype, stream);
    if (members.type === "bytes") {
      if (given.size !== undefined) throw new RangeError("The strategy of a byte stream cannot have a size function");
      setUpBytesFromSource(stream, underlyingSource, members, highWaterMark(given, 0));
    } else {
      setUpFromSource(stream, underlyingSource, members, highWaterMark(given, 1), given.size);
    }
    return stream.created;
  }

  static from(asyncIterable) {
    expect(arguments.length, 1, "ReadableStream.from");
    return lazy("stream_from").fromIterable(asyncIterable).object;
  }

  get locked() {
    return readableOf(this).locked;
  }

  cancel(reason = undefined) {
    return promised(() => {
      const stream = readableOf(this);
      if (stream.locked) throw new TypeError("A locked stream cannot be cancelled: cancel its reader");
      return stream.cancel(reason);
    });
  }

  getReader(options = undefined) {
    const stream = readableOf(this);
    const { mode } = dictionary(options, "The options of getReader");
    if (mode === undefined) return acquireReader(stream).object;
    if (`${mode}` !== "byob") throw new TypeError(`The mode of a reader must be "byob", but got "${mode}"`);
    return acquireBYOBReader(stream).object;
  }

  pipeThrough(transform, options = undefined) {
    const stream = readableOf(this);
    expect(arguments.length, 1, "pipeThrough");
    const { readable, writable } = transformMembers(transform);
    startPipe(stream, writable, options).quietPromise;
    return readable;
  }

  pipeTo(destination, options = undefined) {
    return promised(() => {
      const stream = readableOf(this);
      expect(arguments.length, 1, "pipeTo");
      return startPipe(stream, writableArgument(destination), options).promise;
    });
  }

  tee() {
    return lazy("stream_tee").tee(readableOf(this)).map((branch) => branch.object);
  }

  values(options = undefined) {
    const stream = readableOf(this);
    const { preventCancel } = dictionary(options, "The options of values");
    return iterate(stream, Boolean(preventCancel));
  }
}

Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, { value: ReadableStream.prototype.values, writable: true, configurable: true });

// sourceMembers returns the members of an UnderlyingSource. They are read in the order of their names.
function sourceMembers(source) {
  const { autoAllocateChunkSize, cancel, pull, start, type } = source;
  const members = {
    autoAllocateChunkSize: autoAllocateChunkSize === undefined ? undefined : wholeNumber(autoAllocateChunkSize, "autoAllocateChunkSize"),
    cancel: callback(cancel, "cancel"),
    pull: callback(pull, "pull"),
    start: callback(start, "start"),
    type: type === undefined ? undefined : `${type}`,
  };
  if (members.type !== undefined && members.type !== "bytes") throw new TypeError(`The type of an underlying source must be "bytes", but got "${members.type}"`);
  return members;
}

function writableArgument(value) {
  const writable = revealOr(WRITABLE_STREAM, value);
  if (writable === undefined) throw new TypeError("The destination of a pipe must be a WritableStream");
  return writable;
}

function transformMembers(transform) {
  const given = dictionary(transform, "The transform of pipeThrough");
  const { readable } = given;
  if (revealOr(READABLE_STREAM, readable) === undefined) throw new TypeError("readable of the transform must be a ReadableStream");
  const writable = revealOr(WRITABLE_STREAM, given.writable);
  if (writable === undefined) throw new TypeError("writable of the transform must be a WritableStream");
  return { readable, writable };
}

// startPipe begins to pipe a stream to a Writable, and returns a Deferred for the end.
function startPipe(stream, writable, options) {
  const given = pipeOptions(options);
  if (stream.locked) throw new TypeError("A locked stream cannot be piped");
  if (writable.locked) throw new TypeError("A stream cannot be piped to a locked WritableStream");
  return lazy("writable_streams").pipe(stream, writable, given);
}

// pipeOptions returns the members of StreamPipeOptions.
function pipeOptions(options) {
  const { preventAbort, preventCancel, preventClose, signal } = dictionary(options, "The options of a pipe");
  if (signal !== undefined && !isAbortSignal(signal)) throw new TypeError("signal must be an AbortSignal");
  return { preventAbort: Boolean(preventAbort), preventCancel: Boolean(preventCancel), preventClose: Boolean(preventClose), signal };
}
