import { adopt, apply, Deferred, invoke, settle, upon } from "./promises.js";
import { callback, conceal, highWaterMark, illegal, kinds, optionalObject, reveal, strategy } from "./idl.js";
import { DefaultController } from "./readable_default.js";
import { Readable } from "./readable.js";
import { Writable } from "./writable.js";
import { WritableController } from "./writable_controller.js";

// Transform is the state of a TransformStream and of its TransformStreamDefaultController (Streams Standard, sections 6.2 to
// 6.4). It is the sink of the writable side and the source of the readable side. The methods of algorithms, which are
// start(controller), transform(chunk, controller), flush(controller) and cancel(reason), are called on transformer.
export class Transform {
  constructor(transformer, algorithms, writableStrategy, readableStrategy) {
    this.transformer = transformer;
    this.algorithms = algorithms;
    this.started = new Deferred();
    this.writable = new Writable();
    this.readable = new Readable();
    new WritableController(this.writable, this, sinkMembers, writableStrategy.highWaterMark, writableStrategy.size).start(this.started);
    const source = new DefaultController(this.readable, this, this.pullSource, this.cancelSource, readableStrategy.highWaterMark);
    source.sizeOf = readableStrategy.size;
    source.start(this.started);
    this.setBackpressure(true);
  }

  // controller is the argument of the transformer: the controller of a script, or this object.
  get controller() {
    return (this.created ??= conceal(kinds.TransformStreamDefaultController, TransformStreamDefaultController.prototype, this));
  }

  get desiredSize() {
    return this.readable.controller.desiredSize;
  }

  // enqueue adds a chunk to the readable side (section 6.4.2, TransformStreamDefaultControllerEnqueue).
  enqueue(chunk) {
    const { controller } = this.readable;
    if (!controller.canEnqueue) throw new TypeError("The readable side does not take chunks: it has been closed, cancelled or errored");
    try {
      controller.enqueue(chunk);
    } catch (error) {
      this.errorWritable(error);
      throw this.readable.storedError;
    }
    if (!controller.wantsChunks && !this.backpressure) this.setBackpressure(true);
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
    this.transformer = undefined;
    this.algorithms = none;
  }

  // writeSink, abortSink and closeSink are the methods of the sink (section 6.4.3).
  writeSink(chunk) {
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
    const { transform } = this.algorithms;
    if (transform === undefined) {
      try {
        if (this.algorithms !== none) this.enqueue(chunk);
        return undefined;
      } catch (error) {
        this.error(error);
        return Deferred.rejected(error);
      }
    }
    const returned = invoke(transform, this.transformer, [chunk, this.controller]);
    if (returned === undefined) return undefined;
    const result = new Deferred();
    upon(
      returned,
      (_, failed, reason) => {
        if (failed) this.error(reason);
        settle(result, failed, reason);
      },
      undefined,
    );
    return result;
  }

  abortSink(reason) {
    return this.finish(
      () => this.callCancel(reason),
      () => this.readable.controller.error(reason),
      this.readable,
    );
  }

  closeSink() {
    return this.finish(
      () => (this.algorithms.flush === undefined ? undefined : invoke(this.algorithms.flush, this.transformer, [this.controller])),
      () => this.readable.controller.close(),
      this.readable,
    );
  }

  // pullSource and cancelSource are the methods of the source (section 6.4.4).
  pullSource() {
    this.setBackpressure(false);
    return this.backpressureChange;
  }

  cancelSource(reason) {
    return this.finish(
      () => this.callCancel(reason),
      () => this.stopWriting(reason),
      this.writable,
    );
  }

  callCancel(reason) {
    const { cancel } = this.algorithms;
    return cancel === undefined ? undefined : invoke(cancel, this.transformer, [reason]);
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
    adopt(returned, call());
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

const none = Object.freeze({ __proto__: null });

Object.assign(Transform.prototype, {
  created: undefined,
  backpressure: undefined,
  backpressureChange: undefined, // the Deferred of the next change of backpressure
  finished: undefined, // the Deferred of finish
});

const sinkMembers = { write: Transform.prototype.writeSink, close: Transform.prototype.closeSink, abort: Transform.prototype.abortSink };

// createTransform returns the Transform of internal code, whose methods are called with the Transform as their controller.
export function createTransform(transformer) {
  const transform = new Transform(transformer, transformer, { highWaterMark: 1 }, { highWaterMark: 0 });
  transform.created = transform;
  transform.started.resolve();
  return transform;
}

const transformOf = (value) => reveal(kinds.TransformStream, value);

export class TransformStream {
  constructor(transformer = undefined, writableStrategy = undefined, readableStrategy = undefined) {
    const given = optionalObject(transformer, "The transformer");
    const writing = strategy(writableStrategy);
    const reading = strategy(readableStrategy);
    const algorithms = transformerMembers(given);
    reading.highWaterMark = highWaterMark(reading, 0);
    writing.highWaterMark = highWaterMark(writing, 1);
    const transform = new Transform(transformer, algorithms, writing, reading);
    const object = conceal(kinds.TransformStream, new.target.prototype, transform);
    const { start } = algorithms;
    const result = start === undefined ? undefined : apply(start, transformer, [transform.controller]);
    upon(result, settle, transform.started);
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

const controllerOf = (value) => reveal(kinds.TransformStreamDefaultController, value);

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
