import { describe, describeBy, lazy, tag, transferables } from "shared";
import { ByteQueue } from "./byte_queue.js";
import { READABLE_STREAM, revealOr, TRANSFORM_STREAM, WRITABLE_STREAM } from "./idl.js";
import { Pipe } from "./pipe.js";
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
import { Branch, ReadInto, Tee } from "./tee.js";
import { Transform, TransformSource, TransformStream, TransformStreamDefaultController } from "./transform.js";
import { Writable, WritableStream, writableOf } from "./writable.js";
import { WritableController, WritableStreamDefaultController } from "./writable_controller.js";
import { WritableStreamDefaultWriter, Writer } from "./writable_writer.js";

tag(
  ByteLengthQueuingStrategy, CountQueuingStrategy,
  ReadableByteStreamController, ReadableStream, ReadableStreamBYOBReader, ReadableStreamBYOBRequest,
  ReadableStreamDefaultController, ReadableStreamDefaultReader,
  TransformStream, TransformStreamDefaultController,
  WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter,
);

// A script that defines a setter in Object.prototype must not change the internal state.
for (const { prototype } of [
  Branch, ByteQueue, Collector, Controller, Deferred, Iteration, Pipe, PullInto, PullRequest, Queue, Readable, Reader, ReadInto, Tee, Transform,
  TransformSource, Writable, WritableController, Writer,
]) {
  Object.setPrototypeOf(prototype, null);
}

describe(ReadableStream, (stream) => {
  const { locked, state, controller } = readableOf(stream);
  return { locked, state, supportsBYOB: controller.pullInto !== undefined };
});
describe(WritableStream, (stream) => {
  const { locked, state } = writableOf(stream);
  return { locked, state };
});
describeBy(TransformStream, "readable", "writable");
describeBy(ByteLengthQueuingStrategy, "highWaterMark");
describeBy(CountQueuingStrategy, "highWaterMark");

export {
  ByteLengthQueuingStrategy, CountQueuingStrategy,
  ReadableByteStreamController, ReadableStream, ReadableStreamBYOBReader, ReadableStreamBYOBRequest,
  ReadableStreamDefaultController, ReadableStreamDefaultReader,
  TransformStream, TransformStreamDefaultController,
  WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter,
};

// What other modules use. A stream is represented by its Readable or Writable, whose methods do not depend on what a script
// may have changed; object is the ReadableStream or WritableStream of it.
export { createByteReadable, createReadable, createWritable } from "./create.js";
export { conceal, reveal, TRANSFORM_STREAM } from "./idl.js";
export { pipe } from "./pipe.js";
export { apply, Deferred, upon } from "./promises.js";
export { readAll } from "./read_all.js";
export { acquireReader } from "./readable_reader.js";
export { tee } from "./tee.js";
export { createTransform } from "./transform.js";

// readableState, writableState and transformState return the Readable, Writable or Transform of a stream, and undefined for any
// other value.
export const readableState = (value) => revealOr(READABLE_STREAM, value);
export const writableState = (value) => revealOr(WRITABLE_STREAM, value);
export const transformState = (value) => revealOr(TRANSFORM_STREAM, value);

transferables.set(ReadableStream.prototype, {
  canTransfer: (value) => readableState(value)?.locked === false,
  transfer: (value) => lazy("stream_transfer").transferReadable(value),
});
transferables.set(WritableStream.prototype, {
  canTransfer: (value) => writableState(value)?.locked === false,
  transfer: (value) => lazy("stream_transfer").transferWritable(value),
});
transferables.set(TransformStream.prototype, {
  canTransfer: (value) => transformState(value)?.readable.locked === false && !transformState(value).writable.locked,
  transfer: (value) => lazy("stream_transfer").transferTransform(value),
});
