import {
  adopt, apply, bind, callback, conceal, DefaultController, Deferred, highWaterMark,
  illegal, none, optionalObject, Readable, rejected, reveal, settleWithoutValue, strategy, upon,
} from "lazy/streams";
import { Writable } from "./writable.js";
import { WritableController } from "./writable_controller.js";

export const TRANSFORM_STREAM = 111;
const TRANSFORM_CONTROLLER = 112;

// Transform is the state of a TransformStream and of its TransformStreamDefaultController (Streams Standard, sections 6.2 to
// 6.4). It is the sink of the writable side. The methods transform(chunk, controller), flush(controller) and cancel(reason)
// of transformer are called if it has them.
export class Transform {
  constructor(transformer, writableStrategy, readableStrategy) {
    this.transformer = transformer;
    this.started = new Deferred();
    this.writable = new Writable();
    this.readable = new Readable();
    new WritableController(this.writable, this, writableStrategy.highWaterMark, writableStrategy.size).start(this.started);
    const source = new DefaultController(this.readable, new TransformSource(this), readableStrategy.highWaterMark);
    if (readableStrategy.size !== undefined) source.sizeOf = readableStrategy.size;
    source.start(this.started);
    this.setBackpressure(true);
  }

  get desiredSize() {
    return this.readable.controller.desiredSize;
  }

  // failed reports whether one of the sides has been cancelled, aborted or errored.
  get failed() {
    return this.readable.state !== "readable" || this.writable.state === "erroring" || this.writable.state === "errored";
  }

  // enqueue adds a chunk to the readable side (section 6.4.2, TransformStreamDefaultControllerEnqueue).
  enqueue(chunk) {
    const { controller } = this.readable;
    if (!controller.canEnqueue) throw new TypeError("The readable side does not take chunks: it has been closed, cancelled or errored");
    try {
      controller.add(chunk);
    } catch (error) {
      this.errorWritable(error);
      throw this.readable.storedError;
    }
    if (!this.backpressure && !controller.wantsChunks()) this.setBackpressure(true);
  }

  // error ends both sides with an error (section 6.4.1, TransformStreamError).
  error(reason) {
    this.readable.controller.error(reason);
    this.errorWritable(reason);
  }

  // terminate closes the readable side and ends the writable side with an error (section 6.4.2,
  // TransformStreamDefaultControllerTerminate).
  terminate() {
    this.readable.controller.close();
    this.errorWritable(new TypeError("The transform has been terminated"));
  }

  // errorWritable is TransformStreamErrorWritableAndUnblockWrite (section 6.4.1).
  errorWritable(reason) {
    this.clearAlgorithms();
    this.writable.controller.errorIfNeeded(reason);
    this.unblockWrite();
  }

  unblockWrite() {
    if (this.backpressure) this.setBackpressure(false);
  }

  setBackpressure(backpressure) {
    this.backpressureChange?.resolve();
    this.backpressureChange = new Deferred();
    this.backpressure = backpressure;
  }

  clearAlgorithms() {
    this.transformer = none;
  }

  // write, abort and close are the methods of the sink (section 6.4.3).
  write(chunk) {
    if (!this.backpressure) return this.transformChunk(chunk);
    const result = new Deferred();
    this.backpressureChange.upon(() => {
      if (this.writable.state === "erroring") result.reject(this.writable.storedError);
      else adopt(result, this.transformChunk(chunk));
    }, undefined);
    return result;
  }

  // transformChunk calls the transformer. A failure ends both sides (section 6.4.2,
  // TransformStreamDefaultControllerPerformTransform).
  transformChunk(chunk) {
    const { transformer } = this;
    if (transformer === none) return undefined; // the transform has ended
    let returned;
    try {
      if (transformer.transform === undefined) this.enqueue(chunk);
      else returned = transformer.transform(chunk, this.handle ?? this);
    } catch (error) {
      returned = rejected(error);
    }
    if (returned === undefined) return undefined;
    const result = new Deferred();
    upon(
      returned,
      (_, failed, reason) => {
        if (failed) this.error(reason);
        settleWithoutValue(result, failed, reason);
      },
      undefined,
    );
    return result;
  }

  abort(reason) {
    return this.finish(
      () => this.transformer.cancel?.(reason),
      () => this.readable.controller.error(reason),
      this.readable,
    );
  }

  close() {
    return this.finish(
      () => this.transformer.flush?.(this.handle ?? this),
      () => this.readable.controller.close(),
      this.readable,
    );
  }

  stopWriting(reason) {
    this.writable.controller.errorIfNeeded(reason);
    this.unblockWrite();
  }

  // finish ends the transform once: it calls the transformer, and then complete if the other side has no error. It returns
  // a Deferred.
  finish(call, complete, side) {
    if (this.finished !== undefined) return this.finished;
    const result = (this.finished = new Deferred());
    const returned = new Deferred();
    try {
      adopt(returned, call());
    } catch (error) {
      returned.reject(error);
    }
    this.clearAlgorithms();
    returned.upon(
      (_, failed, reason) => {
        if (failed) {
          if (side === this.writable) this.stopWriting(reason);
          else this.readable.controller.error(reason);
          return result.reject(reason);
        }
        if (side.state === "errored") return result.reject(side.storedError);
        complete();
        result.resolve();
      },
      undefined,
    );
    return result;
  }
}

Object.assign(Transform.prototype, {
  handle: undefined, // the controller of the script; without one the transformer gets this object
  backpressure: undefined,
  backpressureChange: undefined, // the Deferred of the next change of backpressure
  finished: undefined, // the Deferred of finish
});

// TransformSource is the source of the readable side (section 6.4.4).
export class TransformSource {
  constructor(transform) {
    this.transform = transform;
  }

  pull() {
    const { transform } = this;
    transform.setBackpressure(false);
    return transform.backpressureChange;
  }

  cancel(reason) {
    const { transform } = this;
    return transform.finish(
      () => transform.transformer.cancel?.(reason),
      () => transform.stopWriting(reason),
      transform.writable,
    );
  }
}

// createTransform returns the Transform of internal code, whose methods are called with the Transform as their controller.
export function createTransform(transformer) {
  const transform = new Transform(transformer, { highWaterMark: 1 }, { highWaterMark: 0 });
  transform.started.resolve();
  return transform;
}

const transformOf = (value) => reveal(TRANSFORM_STREAM, value);

export class TransformStream {
  constructor(transformer = undefined, writableStrategy = undefined, readableStrategy = undefined) {
    const given = optionalObject(transformer, "The transformer");
    const writing = strategy(writableStrategy);
    const reading = strategy(readableStrategy);
    const { start, ...members } = transformerMembers(given);
    reading.highWaterMark = highWaterMark(reading, 0);
    writing.highWaterMark = highWaterMark(writing, 1);
    const bound = { __proto__: null, transform: bind(members.transform, transformer), flush: bind(members.flush, transformer), cancel: bind(members.cancel, transformer) };
    const transform = new Transform(bound, writing, reading);
    transform.handle = conceal(TRANSFORM_CONTROLLER, TransformStreamDefaultController.prototype, transform);
    const object = conceal(TRANSFORM_STREAM, new.target.prototype, transform);
    const result = start === undefined ? undefined : apply(start, transformer, [transform.handle]);
    upon(result, settleWithoutValue, transform.started);
    return object;
  }

  get readable() {
    return transformOf(this).readable.object;
  }

  get writable() {
    return transformOf(this).writable.object;
  }
}

// transformerMembers returns the members of a Transformer. They are read in the order of their names.
function transformerMembers(given) {
  const { cancel, flush, readableType, start, transform, writableType } = given;
  if (readableType !== undefined) throw new RangeError("A transformer must not have a readableType");
  if (writableType !== undefined) throw new RangeError("A transformer must not have a writableType");
  return { cancel: callback(cancel, "cancel"), flush: callback(flush, "flush"), start: callback(start, "start"), transform: callback(transform, "transform") };
}

const controllerOf = (value) => reveal(TRANSFORM_CONTROLLER, value);

export class TransformStreamDefaultController {
  constructor() {
    illegal("TransformStreamDefaultController");
  }

  get desiredSize() {
    return controllerOf(this).desiredSize;
  }

  enqueue(chunk = undefined) {
    controllerOf(this).enqueue(chunk);
  }

  error(reason = undefined) {
    controllerOf(this).error(reason);
  }

  terminate() {
    controllerOf(this).terminate();
  }
}
