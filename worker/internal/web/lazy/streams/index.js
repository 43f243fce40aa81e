import { describe, describeBy, lazy, tag, transferables } from "shared";
import { ByteQueue } from "./byte_queue.js";
import { isolate, READABLE_STREAM, revealOr } from "./idl.js";
import { Deferred } from "./promises.js";
import { Queue } from "./queue.js";
import { Collector } from "./read_all.js";
import { Readable, ReadableStream, readableOf } from "./readable.js";
import { PullInto, PullRequest, ReadableByteStreamController, ReadableStreamBYOBRequest } from "./readable_byte.js";
import { Controller } from "./readable_controller.js";
import { ReadableStreamDefaultController } from "./readable_default.js";
import { Iteration } from "./readable_iterator.js";
import { Reader, ReadableStreamBYOBReader, ReadableStreamDefaultReader } from "./readable_reader.js";
import { ByteLengthQueuingStrategy, CountQueuingStrategy } from "./strategies.js";

// This bundle has the readable streams of the Streams Standard. What not all of their users need is in other bundles:
// writable_streams, stream_tee, stream_from and stream_transfer.

tag(
  ByteLengthQueuingStrategy, CountQueuingStrategy,
  ReadableByteStreamController, ReadableStream, ReadableStreamBYOBReader, ReadableStreamBYOBRequest,
  ReadableStreamDefaultController, ReadableStreamDefaultReader,
);
isolate(ByteQueue, Collector, Controller, Deferred, Iteration, PullInto, PullRequest, Queue, Readable, Reader);

describe(ReadableStream, (stream) => {
  const { locked, state, controller } = readableOf(stream);
  return { locked, state, supportsBYOB: controller.pullInto !== undefined };
});
describeBy(ByteLengthQueuingStrategy, "highWaterMark");
describeBy(CountQueuingStrategy, "highWaterMark");

export {
  ByteLengthQueuingStrategy, CountQueuingStrategy,
  ReadableByteStreamController, ReadableStream, ReadableStreamBYOBReader, ReadableStreamBYOBRequest,
  ReadableStreamDefaultController, ReadableStreamDefaultReader,
};

// What other modules use. A stream is represented by its Readable, whose methods do not depend on what a script may have
// changed; object is the ReadableStream of it.
export { createByteReadable, createReadable } from "./create.js";
export { callback, conceal, highWaterMark, illegal, isObject, isolate, none, optionalObject, reveal, revealOr, strategy, WRITABLE_STREAM, wrongClass } from "./idl.js";
export { adopt, apply, bind, Deferred, enqueue, rejected, resolved, settleWithoutValue, upon } from "./promises.js";
export { Queue } from "./queue.js";
export { readAll } from "./read_all.js";
export { Readable } from "./readable.js";
export { ByteController } from "./readable_byte.js";
export { DefaultController } from "./readable_default.js";
export { acquireBYOBReader, acquireReader } from "./readable_reader.js";

// readableState returns the Readable of a stream, and undefined for any other value.
export const readableState = (value) => revealOr(READABLE_STREAM, value);

export const tee = (stream, cloneChunks) => lazy("stream_tee").tee(stream, cloneChunks);

transferables.set(ReadableStream.prototype, {
  canTransfer: (value) => readableState(value)?.locked === false,
  transfer: (value) => lazy("stream_transfer").transferReadable(value),
});
