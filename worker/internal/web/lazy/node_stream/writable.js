import { Buffer } from "lazy/node_buffer";
import { checkString, nodeError, wrongType } from "lazy/node_errors";
import { errors, highWaterMarkOf, inherits, methods, nextTick, once } from "./state.js";
import { commonState, construct, fail, Stream, useOptions } from "./stream.js";

export function Writable(options) {
  if (!(this instanceof Writable)) return new Writable(options);
  initWritable(this, options);
  useOptions(this, options, ["write", "writev", "destroy", "final", "construct"]);
  Stream.call(this, options);
  construct(this, () => startedWritable(this));
}
inherits(Writable, Stream);
Object.defineProperty(Writable, Symbol.hasInstance, {
  value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && object?._writableState !== undefined; // a Duplex
  },
});

// initWritable sets the state of the writable side of a stream.
export function initWritable(stream, options) {
  const objectMode = Boolean(options?.objectMode || options?.writableObjectMode);
  stream._writableState = {
    ...commonState(options),
    objectMode,
    highWaterMark: highWaterMarkOf(options, "writable", objectMode),
    decodeStrings: options?.decodeStrings !== false,
    defaultEncoding: options?.defaultEncoding ?? "utf8",
    queue: [], // chunks that wait for the end of a write
    length: 0,
    pending: 0, // writes whose callbacks have not been called
    corked: 0,
    needDrain: false,
    writing: false,
    ending: false, // end has been called
    ended: false,
    finalCalled: false,
    prefinished: false,
    finished: false,
    onFinish: [], // callbacks of end
  };
}

// startedWritable continues a stream after _construct.
export function startedWritable(stream) {
  const state = stream._writableState;
  if (!state.writing) next(stream, state);
  maybeFinish(stream, state);
}

// write implements the method write. It returns an error, or whether the queue has room.
function write(stream, given, encodingOrCallback, callbackGiven) {
  const state = stream._writableState;
  const callback = typeof encodingOrCallback === "function" ? encodingOrCallback : typeof callbackGiven === "function" ? callbackGiven : () => {};
  let encoding = typeof encodingOrCallback === "function" ? state.defaultEncoding : encodingOrCallback || state.defaultEncoding;
  let chunk = given;
  if (chunk === null) throw errors.nullValues();
  if (!state.objectMode) {
    if (typeof chunk === "string") {
      if (state.decodeStrings) [chunk, encoding] = [Buffer.from(chunk, encoding), "buffer"];
    } else if (ArrayBuffer.isView(chunk)) {
      if (!(chunk instanceof Buffer)) chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      encoding = "buffer";
    } else {
      throw wrongType("chunk", "a string, a Buffer, a typed array or a DataView", chunk);
    }
  }
  const error = state.ending ? errors.afterEnd() : state.destroyed ? errors.destroyed("write") : undefined;
  if (error) {
    nextTick(callback, error);
    fail(stream, error);
    return error;
  }
  state.pending++;
  const size = state.objectMode ? 1 : chunk.length;
  state.length += size;
  const room = state.length < state.highWaterMark;
  if (!room) state.needDrain = true;
  if (state.writing || state.corked > 0 || state.errored || !state.constructed) state.queue.push({ chunk, encoding, callback, size });
  else perform(stream, state, size, [callback], (done) => stream._write(chunk, encoding, done));
  return room && !state.errored && !state.destroyed;
}

// perform calls _write or _writev by work, and continues when that has called its callback.
function perform(stream, state, size, callbacks, work) {
  state.writing = true;
  let sync = true;
  let called = false;
  const done = (error) => {
    if (called) {
      fail(stream, errors.twice());
      return;
    }
    called = true;
    state.writing = false;
    state.length -= size;
    if (error) {
      state.pending -= callbacks.length;
      state.errored ??= error;
      if (stream._readableState) stream._readableState.errored ??= error;
      const report = () => {
        for (const callback of callbacks) callback(error);
        discard(state, error);
        state.errored = null;
        if (stream._readableState) stream._readableState.errored = null;
        fail(stream, error);
        state.errored ??= error;
      };
      if (sync) nextTick(report);
      else report();
      return;
    }
    if (state.queue.length > 0) next(stream, state);
    const settle = () => {
      const drained = !state.ending && !stream.destroyed && state.length === 0 && state.needDrain;
      if (drained) {
        state.needDrain = false;
        stream.emit("drain");
      }
      for (const callback of callbacks) {
        state.pending--;
        callback(null);
      }
      if (state.destroyed) discard(state, errors.destroyed("write"));
      maybeFinish(stream, state);
    };
    if (sync) nextTick(settle);
    else settle();
  };
  try {
    work(done);
  } catch (error) {
    if (called) throw error;
    done(error);
  }
  sync = false;
}

// next writes the chunks in the queue.
function next(stream, state) {
  while (state.queue.length > 0 && !state.writing && state.corked === 0 && !state.destroyed && state.constructed) {
    if (typeof stream._writev === "function" && state.queue.length > 1) {
      const chunks = state.queue.splice(0);
      const size = chunks.reduce((sum, { size: part }) => sum + part, 0);
      const callbacks = chunks.map(({ callback }) => callback);
      perform(stream, state, size, callbacks, (done) => stream._writev(chunks.map(({ chunk, encoding }) => ({ chunk, encoding })), done));
    } else {
      const { chunk, encoding, callback, size } = state.queue.shift();
      perform(stream, state, size, [callback], (done) => stream._write(chunk, encoding, done));
    }
  }
}

// discard calls the callbacks of all chunks in the queue and of end with an error.
function discard(state, error) {
  for (const { callback, size } of state.queue.splice(0)) {
    state.length -= size;
    state.pending--;
    callback(state.errored ?? error);
  }
  for (const callback of state.onFinish.splice(0)) callback(state.errored ?? error);
}

const canFinish = (state) =>
  state.ending && !state.destroyed && state.constructed && state.length === 0 && !state.errored && state.queue.length === 0 && !state.finished && !state.writing && state.pending === 0;

function maybeFinish(stream, state) {
  if (!canFinish(state)) return;
  if (!state.prefinished && !state.finalCalled) {
    if (typeof stream._final === "function" && !state.destroyed) {
      state.finalCalled = true;
      state.pending++;
      const done = once((error) => {
        state.pending--;
        if (error) {
          for (const callback of state.onFinish.splice(0)) callback(error);
          fail(stream, error);
          return;
        }
        state.prefinished = true;
        stream.emit("prefinish");
        nextTick(finish, stream, state);
      });
      nextTick(() => {
        try {
          stream._final(done);
        } catch (error) {
          done(error);
        }
      });
      return;
    }
    state.prefinished = true;
    stream.emit("prefinish");
  }
  if (state.prefinished) nextTick(finish, stream, state);
}

function finish(stream, state) {
  if (!canFinish(state)) return;
  state.finished = true;
  for (const callback of state.onFinish.splice(0)) callback(null);
  stream.emit("finish");
  const other = stream._readableState;
  if (state.autoDestroy && (!other || (other.autoDestroy && (other.endEmitted || other.readableOff)))) stream.destroy();
}

methods(Writable, {
  pipe() {
    fail(this, nodeError(Error, "ERR_STREAM_CANNOT_PIPE", "Cannot pipe, not readable"));
  },

  write(chunk, encoding, callback) {
    return write(this, chunk, encoding, callback) === true;
  },

  _write(chunk, encoding, callback) {
    if (typeof this._writev !== "function") throw errors.notImplemented("_write()");
    this._writev([{ chunk, encoding }], callback);
  },

  cork() {
    this._writableState.corked++;
  },

  uncork() {
    const state = this._writableState;
    if (state.corked === 0) return;
    state.corked--;
    if (!state.writing) next(this, state);
  },

  setDefaultEncoding(encoding) {
    checkString(encoding, "encoding");
    if (!Buffer.isEncoding(encoding)) throw nodeError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
    this._writableState.defaultEncoding = encoding.toLowerCase();
    return this;
  },

  end(chunkGiven, encodingGiven, callbackGiven) {
    const state = this._writableState;
    const args = [chunkGiven, encodingGiven, callbackGiven];
    const callback = args.find((arg) => typeof arg === "function");
    const [chunk, encoding] = args.map((arg) => (typeof arg === "function" ? undefined : arg));
    let error;
    if (chunk !== undefined && chunk !== null) {
      const result = write(this, chunk, encoding);
      if (result instanceof Error) error = result;
    }
    if (state.corked > 0) {
      state.corked = 1;
      this.uncork();
    }
    if (!error && !state.errored && !state.ending) {
      state.ending = true;
      maybeFinish(this, state);
      state.ended = true;
    } else if (state.finished) {
      error ??= nodeError(Error, "ERR_STREAM_ALREADY_FINISHED", "Cannot call end after a stream was finished");
    } else if (state.destroyed) {
      error ??= errors.destroyed("end");
    }
    if (callback) {
      if (error) nextTick(callback, error);
      else if (state.finished) nextTick(callback, null);
      else state.onFinish.push(callback);
    }
    return this;
  },

  destroy(error, callback) {
    const state = this._writableState;
    if (!state.destroyed && (state.queue.length > 0 || state.onFinish.length > 0)) nextTick(discard, state, errors.destroyed("write"));
    return Stream.prototype.destroy.call(this, error, callback);
  },

  get writable() {
    const state = this._writableState;
    return Boolean(state) && state.writableOff !== true && !state.destroyed && !state.errored && !state.ending && !state.ended;
  },
  set writable(value) {
    if (this._writableState) this._writableState.writableOff = !value;
  },
  get writableFinished() {
    return this._writableState.finished;
  },
  get writableObjectMode() {
    return this._writableState.objectMode;
  },
  get writableBuffer() {
    return this._writableState.queue;
  },
  get writableEnded() {
    return this._writableState.ending;
  },
  get writableNeedDrain() {
    const state = this._writableState;
    return !state.destroyed && !state.ending && state.needDrain;
  },
  get writableHighWaterMark() {
    return this._writableState.highWaterMark;
  },
  get writableCorked() {
    return this._writableState.corked;
  },
  get writableLength() {
    return this._writableState.length;
  },
  get writableAborted() {
    const state = this._writableState;
    return !state.finished && (state.destroyed || state.errored !== null);
  },
  get errored() {
    return this._writableState.errored;
  },
  get closed() {
    return this._writableState.closed;
  },
  get destroyed() {
    return Boolean(this._writableState?.destroyed);
  },
  set destroyed(value) {
    if (this._writableState) this._writableState.destroyed = value;
  },
});
