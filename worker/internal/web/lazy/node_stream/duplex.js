import { errors, inherits, methods } from "./state.js";
import { construct, Stream, useOptions } from "./stream.js";
import { initReadable, Readable } from "./readable.js";
import { initWritable, startedWritable, Writable } from "./writable.js";

export function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  initReadable(this, options);
  initWritable(this, options);
  this.allowHalfOpen = options?.allowHalfOpen !== false;
  if (options?.readable === false) {
    Object.assign(this._readableState, { readableOff: true, ended: true, endEmitted: true });
  }
  if (options?.writable === false) {
    Object.assign(this._writableState, { writableOff: true, ending: true, ended: true, finished: true });
  }
  useOptions(this, options, ["read", "write", "writev", "destroy", "final", "construct"]);
  Stream.call(this, options);
  construct(this, () => startedWritable(this));
}
inherits(Duplex, Readable);

// A Duplex has the members of both classes. Those that both have are the ones of Readable, except for destroy.
for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(Writable.prototype))) {
  if (name !== "constructor" && (name === "destroy" || !(name in Readable.prototype))) Object.defineProperty(Duplex.prototype, name, descriptor);
}
methods(Duplex, {
  get destroyed() {
    return Boolean(this._readableState?.destroyed && this._writableState?.destroyed);
  },
  set destroyed(value) {
    if (this._readableState && this._writableState) this._readableState.destroyed = this._writableState.destroyed = value;
  },
});

// A Transform reads what it produces of what is written. It does not take the next chunk while its readable queue is full.
export function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  Duplex.call(this, options);
  this._readableState.sync = false;
  this._pendingWrite = null;
  useOptions(this, { transform: options?.transform, flush: options?.flush }, ["transform", "flush"]);
}
inherits(Transform, Duplex);

methods(Transform, {
  _transform() {
    throw errors.notImplemented("_transform()");
  },

  _write(chunk, encoding, done) {
    const state = this._readableState;
    const length = state.length;
    this._transform(chunk, encoding, (error, value) => {
      if (error) {
        done(error);
        return;
      }
      if (value !== undefined && value !== null) this.push(value);
      const full = !this._writableState.ended && length !== state.length && state.length >= state.highWaterMark;
      if (full) this._pendingWrite = done;
      else done();
    });
  },

  _read() {
    const done = this._pendingWrite;
    this._pendingWrite = null;
    done?.();
  },

  _final(done) {
    const finish = (error, value) => {
      if (error) {
        done(error);
        return;
      }
      if (value !== undefined && value !== null) this.push(value);
      this.push(null);
      done();
    };
    if (typeof this._flush === "function" && !this.destroyed) this._flush(finish);
    else finish();
  },
});

export function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  Transform.call(this, options);
}
inherits(PassThrough, Transform);

methods(PassThrough, {
  _transform(chunk, encoding, done) {
    done(null, chunk);
  },
});
