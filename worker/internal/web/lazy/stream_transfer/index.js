import { structuredClone } from "shared";
import { conceal, createReadable, Deferred, readableState } from "lazy/streams";
import { createWritable, pipe, TRANSFORM_STREAM, TransformStream, transformState, writableState } from "lazy/writable_streams";

// Crossing connects a transferred stream with the one that replaces it (Streams Standard, section 8.2). Both are in the same
// engine, so a chunk is not sent as a message, but it is cloned like one. Crossing is the sink of writable and the source of
// readable.
class Crossing {
  room = new Deferred(); // fulfilled when the readable side wants a chunk

  constructor() {
    this.readable = createReadable(this, 0);
    this.writable = createWritable(this, 1);
  }

  write(chunk) {
    const result = new Deferred();
    this.room.upon(() => {
      if (this.readable.state !== "readable") return result.resolve(); // it has been cancelled
      try {
        const copy = structuredClone(chunk);
        this.room = new Deferred();
        this.readable.controller.enqueue(copy);
        result.resolve();
      } catch (error) {
        this.readable.controller.error(error);
        result.reject(error);
      }
    }, undefined);
    return result;
  }

  close() {
    this.readable.controller.close();
  }

  abort(reason) {
    this.readable.controller.error(cloneOf(reason));
  }

  pull() {
    this.room.resolve();
  }

  cancel(reason) {
    this.writable.controller.errorIfNeeded(cloneOf(reason));
    this.room.resolve();
  }
}

// cloneOf returns a clone of the reason of a failure, or the error of cloning it.
function cloneOf(reason) {
  try {
    return structuredClone(reason);
  } catch (error) {
    return error;
  }
}

function crossRead(stream) {
  const crossing = new Crossing();
  pipe(stream, crossing.writable, {});
  return crossing.readable;
}

function crossWrite(stream) {
  const crossing = new Crossing();
  pipe(crossing.readable, stream, {});
  return crossing.writable;
}

// Each of these functions returns the object that takes the place of a transferred one, whose streams must not be locked.

export const transferReadable = (value) => crossRead(readableState(value)).object;
export const transferWritable = (value) => crossWrite(writableState(value)).object;

export function transferTransform(value) {
  const { readable, writable } = transformState(value);
  return conceal(TRANSFORM_STREAM, TransformStream.prototype, { readable: crossRead(readable), writable: crossWrite(writable) });
}
