import { describe, describeBy, lazy, tag, transferables } from "shared";
import { isolate, revealOr, WRITABLE_STREAM } from "lazy/streams";
import { Pipe } from "./pipe.js";
import { Transform, TransformSource, TransformStream, TransformStreamDefaultController, TRANSFORM_STREAM } from "./transform.js";
import { Writable, WritableStream, writableOf } from "./writable.js";
import { WritableController, WritableStreamDefaultController } from "./writable_controller.js";
import { WritableStreamDefaultWriter, Writer } from "./writable_writer.js";

// This bundle has the writable and transform streams of the Streams Standard, and the pipes between streams.

tag(TransformStream, TransformStreamDefaultController, WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter);
isolate(Pipe, Transform, TransformSource, Writable, WritableController, Writer);

describe(WritableStream, (stream) => {
  const { locked, state } = writableOf(stream);
  return { locked, state };
});
describeBy(TransformStream, "readable", "writable");

export { TransformStream, TransformStreamDefaultController, WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter };

// What other modules use. A stream is represented by its Writable or Transform, whose methods do not depend on what a script
// may have changed.
export { pipe } from "./pipe.js";
export { createTransform, TRANSFORM_STREAM } from "./transform.js";
export { createWritable } from "./writable.js";

// writableState and transformState return the Writable or Transform of a stream, and undefined for any other value.
export const writableState = (value) => revealOr(WRITABLE_STREAM, value);
export const transformState = (value) => revealOr(TRANSFORM_STREAM, value);

transferables.set(WritableStream.prototype, {
  canTransfer: (value) => writableState(value)?.locked === false,
  transfer: (value) => lazy("stream_transfer").transferWritable(value),
});
transferables.set(TransformStream.prototype, {
  canTransfer: (value) => transformState(value)?.readable.locked === false && !transformState(value).writable.locked,
  transfer: (value) => lazy("stream_transfer").transferTransform(value),
});
