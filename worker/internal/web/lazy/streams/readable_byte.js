import { expect, typedArrayName } from "shared";
import { BYOB_REQUEST, BYTE_CONTROLLER, conceal, illegal, reveal, wholeNumber } from "./idl.js";
import { apply } from "./promises.js";
import { ByteQueue } from "./byte_queue.js";
import { Controller } from "./readable_controller.js";
import { checkView } from "./readable_reader.js";

const bufferPrototype = ArrayBuffer.prototype;
const moveBuffer = bufferPrototype.transfer;
const detachedOf = Object.getOwnPropertyDescriptor(bufferPrototype, "detached").get;

export const isDetached = (buffer) => apply(detachedOf, buffer, []);

// transfer moves the memory of a buffer to a new one, so that the script cannot change it (Streams Standard, section 8.3,
// TransferArrayBuffer).
const transfer = (buffer) => apply(moveBuffer, buffer, []);

// PullInto describes memory that waits for bytes: the view of a read, or one that was allocated for a read (section 4.7.2).
export class PullInto {
  // reader is "byob" or "default", and "none" after the release of the reader.
  constructor(buffer, byteOffset, byteLength, minimum, viewConstructor, reader) {
    this.filled = 0; // bytes that have been written
    this.buffer = buffer;
    this.bufferLength = buffer.byteLength;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.minimum = minimum; // bytes that must be written before the read completes
    this.viewConstructor = viewConstructor;
    this.elementSize = viewConstructor.BYTES_PER_ELEMENT ?? 1; // a DataView has elements of one byte
    this.reader = reader;
  }

  // view returns the filled part, and moves the memory to a new buffer (section 4.9.5,
  // ReadableByteStreamControllerConvertPullIntoDescriptor).
  view() {
    return new this.viewConstructor(transfer(this.buffer), this.byteOffset, this.filled / this.elementSize);
  }
}

// PullRequest is the state of a ReadableStreamBYOBRequest (section 4.8). controller is undefined when it is not valid any more.
export class PullRequest {
  constructor(controller, view) {
    this.controller = controller;
    this.view = view;
  }

  get object() {
    return (this.created ??= conceal(BYOB_REQUEST, ReadableStreamBYOBRequest.prototype, this));
  }
}

// ByteController is the state of a ReadableByteStreamController (sections 4.7 and 4.9.5). The chunks in its queue are bytes
// of a stream, without boundaries.
export class ByteController extends Controller {
  constructor(stream, source, highWaterMark) {
    super(stream, source, new ByteQueue(), highWaterMark);
    this.pending = []; // PullIntos in the order of the reads
  }

  close() {
    if (!this.canEnqueue) return;
    if (this.queue.total > 0) {
      this.closeRequested = true;
      return;
    }
    if (this.pending.length > 0 && this.pending[0].filled % this.pending[0].elementSize !== 0) {
      const error = new TypeError("The stream was closed within an element of the view that is being read");
      this.error(error);
      throw error;
    }
    this.clearAlgorithms();
    this.stream.close();
  }

  error(reason) {
    if (this.stream.state !== "readable") return;
    this.clearPending();
    this.queue.clear();
    this.clearAlgorithms();
    this.stream.error(reason);
  }

  // enqueue adds the bytes of a script's view, whose buffer it detaches.
  enqueue(view) {
    if (!this.canEnqueue) return;
    const { buffer, byteOffset, byteLength } = view;
    if (isDetached(buffer)) throw new TypeError("The ArrayBuffer of the chunk is detached");
    const [first] = this.pending;
    if (first !== undefined && isDetached(first.buffer)) throw new TypeError("The ArrayBuffer of byobRequest is detached: respond to the request before a chunk is enqueued");
    this.enqueueOwned(transfer(buffer), byteOffset, byteLength);
  }

  // enqueueOwned adds bytes of a buffer that no other code uses (section 4.9.5, ReadableByteStreamControllerEnqueue).
  enqueueOwned(buffer, byteOffset, byteLength) {
    const { stream, queue, pending } = this;
    const { reader } = stream;
    if (pending.length > 0) {
      this.invalidateRequest();
      pending[0].buffer = transfer(pending[0].buffer);
      if (pending[0].reader === "none") this.moveToQueue(pending[0]);
    }
    if (reader === undefined) {
      queue.push(buffer, byteOffset, byteLength);
    } else if (reader.byob) {
      queue.push(buffer, byteOffset, byteLength);
      this.commitFilled();
    } else {
      this.fillRequests(reader);
      if (reader.requests.length === 0) {
        queue.push(buffer, byteOffset, byteLength);
      } else {
        if (pending.length > 0) this.shiftPending();
        reader.requests.shift().chunk(new Uint8Array(buffer, byteOffset, byteLength));
      }
    }
    this.callPullIfNeeded();
  }

  // cancelSteps, pullSteps and releaseSteps are what a stream calls when it is cancelled, read and released (section 4.7.4).
  cancelSteps(reason) {
    this.clearPending();
    this.queue.clear();
    return this.cancelSource(reason);
  }

  pullSteps(request) {
    if (this.queue.total > 0) return this.fillRequest(request);
    const size = this.autoAllocate;
    if (size !== undefined) {
      try {
        this.pending.push(new PullInto(new ArrayBuffer(size), 0, size, 1, Uint8Array, "default"));
      } catch (error) {
        return request.error(error);
      }
    }
    this.stream.reader.requests.push(request);
    this.callPullIfNeeded();
  }

  releaseSteps() {
    const [first] = this.pending;
    if (first === undefined) return;
    first.reader = "none";
    this.pending = [first];
  }

  // pullInto reads into a view (section 4.9.5, ReadableByteStreamControllerPullInto).
  pullInto(view, min, request) {
    const viewConstructor = constructorOf(view);
    const { byteOffset, byteLength } = view;
    let target;
    try {
      target = new PullInto(transfer(view.buffer), byteOffset, byteLength, min * (viewConstructor.BYTES_PER_ELEMENT ?? 1), viewConstructor, "byob");
    } catch (error) {
      return request.error(error);
    }
    const { stream, pending } = this;
    if (pending.length === 0) {
      if (stream.state === "closed") return request.close(target.view());
      if (this.queue.total > 0) {
        if (this.fill(target)) {
          const filled = target.view();
          this.queueShrank();
          return request.chunk(filled);
        }
        if (this.closeRequested) {
          const error = new TypeError("The stream has ended within an element of the view");
          this.error(error);
          return request.error(error);
        }
      }
    }
    pending.push(target);
    stream.reader.requests.push(request);
    this.callPullIfNeeded();
  }

  // respond completes the first PullInto with bytes that the source has written to the view of byobRequest (section 4.9.5,
  // ReadableByteStreamControllerRespond).
  respond(bytes) {
    const [first] = this.pending;
    if (this.stream.state === "closed") {
      if (bytes !== 0) throw new TypeError("respond must be called with 0, because the stream is closed");
    } else {
      if (bytes === 0) throw new TypeError("respond was called with 0 bytes: close the stream at its end");
      if (first.filled + bytes > first.byteLength) throw new RangeError(`respond was called with ${bytes} bytes, but the view has ${first.byteLength - first.filled}`);
    }
    first.buffer = transfer(first.buffer);
    this.finishResponse(bytes);
  }

  // respondWithView is respond with another view of the same memory, which the source may have transferred.
  respondWithView(view) {
    const [first] = this.pending;
    const { buffer, byteOffset, byteLength } = view;
    if (this.stream.state === "closed") {
      if (byteLength !== 0) throw new TypeError("The view must be empty, because the stream is closed");
    } else if (byteLength === 0) {
      throw new TypeError("The view is empty: close the stream at its end");
    }
    if (first.byteOffset + first.filled !== byteOffset) throw new RangeError("The view must begin where the view of the request begins");
    if (first.bufferLength !== buffer.byteLength) throw new RangeError("The buffer of the view must have the length of that of the request");
    if (first.filled + byteLength > first.byteLength) throw new RangeError("The view is longer than the view of the request");
    first.buffer = transfer(buffer);
    this.finishResponse(byteLength);
  }

  finishResponse(bytes) {
    this.invalidateRequest();
    if (this.stream.state === "closed") this.respondClosed();
    else this.respondReadable(bytes);
    this.callPullIfNeeded();
  }

  respondClosed() {
    if (this.pending[0].reader === "none") this.shiftPending();
    const { reader } = this.stream;
    if (reader === undefined || !reader.byob) return;
    const count = reader.requests.length;
    for (let i = 0; i < count; i++) this.commit(this.shiftPending());
  }

  respondReadable(bytes) {
    const [first] = this.pending;
    first.filled += bytes;
    if (first.reader === "none") {
      this.moveToQueue(first);
      this.commitFilled();
      return;
    }
    if (first.filled < first.minimum) return;
    this.shiftPending();
    const remainder = first.filled % first.elementSize;
    if (remainder > 0) {
      const end = first.byteOffset + first.filled;
      this.enqueueCopy(first.buffer, end - remainder, remainder);
      first.filled -= remainder;
    }
    const filled = this.fillPending();
    this.commit(first);
    for (const target of filled) this.commit(target);
  }

  // openRequest returns the PullRequest of the first PullInto, or null if there is none (section 4.9.5,
  // ReadableByteStreamControllerGetBYOBRequest).
  openRequest() {
    if (this.request === null && this.pending.length > 0) {
      const [first] = this.pending;
      this.request = new PullRequest(this, new Uint8Array(first.buffer, first.byteOffset + first.filled, first.byteLength - first.filled));
    }
    return this.request;
  }

  invalidateRequest() {
    if (this.request === null) return;
    this.request.controller = undefined;
    this.request.view = null;
    this.request = null;
  }

  clearPending() {
    this.invalidateRequest();
    this.pending = [];
  }

  shiftPending() {
    return this.pending.shift();
  }

  // fill moves bytes from the queue to a PullInto, and reports whether it has enough (section 4.9.5,
  // ReadableByteStreamControllerFillPullIntoDescriptorFromQueue).
  fill(target) {
    const available = Math.min(this.queue.total, target.byteLength - target.filled);
    const end = target.filled + available;
    const aligned = end - (end % target.elementSize);
    const ready = aligned >= target.minimum;
    const count = ready ? aligned - target.filled : available;
    this.queue.read(new Uint8Array(target.buffer, target.byteOffset + target.filled, count));
    target.filled += count;
    return ready;
  }

  // fillPending fills PullIntos from the queue, and returns those that have enough.
  fillPending() {
    const filled = [];
    while (this.pending.length > 0 && this.queue.total > 0) {
      if (this.fill(this.pending[0])) filled.push(this.shiftPending());
    }
    return filled;
  }

  commitFilled() {
    for (const target of this.fillPending()) this.commit(target);
  }

  // commit completes the read of a PullInto (section 4.9.5, ReadableByteStreamControllerCommitPullIntoDescriptor).
  commit(target) {
    const request = this.stream.reader.requests.shift();
    if (this.stream.state === "closed") request.close(target.view());
    else request.chunk(target.view());
  }

  // fillRequests completes reads of a default reader with chunks of the queue.
  fillRequests(reader) {
    while (reader.requests.length > 0 && this.queue.total > 0) this.fillRequest(reader.requests.shift());
  }

  fillRequest(request) {
    const chunk = this.queue.shift();
    this.queueShrank();
    request.chunk(chunk);
  }

  // queueShrank closes a stream whose last byte has been read (section 4.9.5, ReadableByteStreamControllerHandleQueueDrain).
  queueShrank() {
    if (this.queue.total > 0 || !this.closeRequested) return this.callPullIfNeeded();
    this.clearAlgorithms();
    this.stream.close();
  }

  // moveToQueue moves what a PullInto without a reader contains to the queue.
  moveToQueue(target) {
    if (target.filled > 0) this.enqueueCopy(target.buffer, target.byteOffset, target.filled);
    this.shiftPending();
  }

  enqueueCopy(buffer, byteOffset, byteLength) {
    try {
      this.queue.push(apply(bufferPrototype.slice, buffer, [byteOffset, byteOffset + byteLength]), 0, byteLength);
    } catch (error) {
      this.error(error);
      throw error;
    }
  }
}

Object.assign(ByteController.prototype, {
  autoAllocate: undefined, // the size of the memory for a read of a default reader
  request: null, // the PullRequest that the source may answer
});

const typedArrays = new Map(
  [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array,
    globalThis.Float16Array].flatMap((c) => (c ? [[c.name, c]] : [])),
);

export const isUint8Array = (value) => typeof value === "object" && value !== null && ArrayBuffer.isView(value) && apply(typedArrayName, value, []) === "Uint8Array";

// constructorOf returns the built-in constructor of a view.
const constructorOf = (view) => typedArrays.get(apply(typedArrayName, view, [])) ?? DataView;

// setUpBytesFromSource makes a script's underlying byte source the source of a stream (section 4.9.5,
// SetUpReadableByteStreamControllerFromUnderlyingSource).
export function setUpBytesFromSource(stream, source, members, highWaterMark) {
  if (members.autoAllocateChunkSize === 0) throw new TypeError("autoAllocateChunkSize must be at least 1");
  const controller = new ByteController(stream, undefined, highWaterMark);
  const handle = conceal(BYTE_CONTROLLER, ReadableByteStreamController.prototype, controller);
  controller.setSource(source, members, handle);
  controller.autoAllocate = members.autoAllocateChunkSize;
  controller.start(members.start === undefined ? undefined : apply(members.start, source, [handle]));
}

export class ReadableByteStreamController {
  constructor() {
    illegal("ReadableByteStreamController");
  }

  get byobRequest() {
    return reveal(BYTE_CONTROLLER, this).openRequest()?.object ?? null;
  }

  get desiredSize() {
    return reveal(BYTE_CONTROLLER, this).desiredSize;
  }

  close() {
    const controller = reveal(BYTE_CONTROLLER, this);
    if (!controller.canEnqueue) throw new TypeError("The stream cannot be closed: it has already been closed, cancelled or errored");
    controller.close();
  }

  enqueue(chunk) {
    const controller = reveal(BYTE_CONTROLLER, this);
    expect(arguments.length, 1, "enqueue");
    checkView(chunk);
    if (chunk.byteLength === 0) throw new TypeError("An empty chunk cannot be enqueued");
    if (!controller.canEnqueue) throw new TypeError("The stream does not take chunks: it has been closed, cancelled or errored");
    controller.enqueue(chunk);
  }

  error(reason = undefined) {
    reveal(BYTE_CONTROLLER, this).error(reason);
  }
}

const requestOf = (value) => reveal(BYOB_REQUEST, value);

export class ReadableStreamBYOBRequest {
  constructor() {
    illegal("ReadableStreamBYOBRequest");
  }

  get view() {
    return requestOf(this).view;
  }

  respond(bytesWritten) {
    const request = requestOf(this);
    expect(arguments.length, 1, "respond");
    const bytes = wholeNumber(bytesWritten, "bytesWritten");
    if (request.controller === undefined) throw invalidated();
    if (isDetached(request.view.buffer)) throw new TypeError("The ArrayBuffer of the request is detached");
    request.controller.respond(bytes);
  }

  respondWithNewView(view) {
    const request = requestOf(this);
    expect(arguments.length, 1, "respondWithNewView");
    checkView(view);
    if (request.controller === undefined) throw invalidated();
    request.controller.respondWithView(view);
  }
}

const invalidated = () => new TypeError("The request is not valid any more: its read has completed, or a chunk was enqueued");
