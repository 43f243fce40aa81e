import { Buffer } from "lazy/node_buffer";
import { wrongType } from "lazy/node_errors";
import { EventEmitter } from "lazy/node_events";
import { StringDecoder } from "lazy/node_string_decoder";
import { errors, highWaterMarkOf, inherits, methods, nextTick } from "./state.js";
import { commonState, construct, fail, Stream, useOptions } from "./stream.js";

export function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  initReadable(this, options);
  useOptions(this, options, ["read", "destroy", "construct"]);
  Stream.call(this, options);
  construct(this, () => maybeReadMore(this, this._readableState));
}
inherits(Readable, Stream);

// initReadable sets the state of the readable side of a stream.
export function initReadable(stream, options) {
  const objectMode = Boolean(options?.objectMode || options?.readableObjectMode);
  stream._readableState = {
    ...commonState(options),
    objectMode,
    highWaterMark: highWaterMarkOf(options, "readable", objectMode),
    buffer: [],
    length: 0,
    pipes: [],
    flowing: null, // null until the way of reading is determined
    paused: false, // by pause
    ended: false, // the source has ended
    endEmitted: false,
    reading: false, // _read has been called and has not pushed
    sync: true, // _read has not returned
    needReadable: false,
    emittedReadable: false,
    readableListening: false,
    resumeScheduled: false,
    readingMore: false,
    dataEmitted: false,
    decoder: null,
    encoding: null,
    awaitDrain: new Set(),
  };
  if (options?.encoding) setDecoder(stream._readableState, options.encoding);
}

function setDecoder(state, encoding) {
  state.decoder = new StringDecoder(encoding);
  state.encoding = state.decoder.encoding;
}

// chunkOf returns a chunk for the queue: a Buffer, or a string if the stream has an encoding. It throws for other types.
function chunkOf(state, chunk, encoding) {
  if (state.objectMode || chunk === null || chunk === undefined) return chunk;
  if (typeof chunk === "string") {
    if (state.encoding && state.encoding === (encoding ?? "utf8")) return chunk;
    return Buffer.from(chunk, encoding);
  }
  if (chunk instanceof Buffer) return chunk;
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw wrongType("chunk", "a string, a Buffer, a typed array or a DataView", chunk);
}

// add adds a chunk to the queue of a stream, and returns whether more is wanted.
function add(stream, given, encoding, front) {
  const state = stream._readableState;
  let chunk;
  try {
    chunk = chunkOf(state, given, encoding);
  } catch (error) {
    fail(stream, error);
    return false;
  }
  if (chunk === null || (chunk === undefined && !state.objectMode)) {
    state.reading = false;
    if (chunk === null) sourceEnded(stream, state);
  } else if (state.objectMode || chunk.length > 0) {
    if (front ? state.endEmitted : state.ended) fail(stream, errors.afterEOF());
    if (state.destroyed || state.errored || (front ? state.endEmitted : state.ended)) return false;
    if (!front) state.reading = false;
    if (state.decoder && !front && typeof chunk !== "string") chunk = state.decoder.write(chunk);
    if (state.objectMode || chunk.length > 0) enqueue(stream, state, chunk, front);
    else maybeReadMore(stream, state);
  } else if (!front) {
    state.reading = false;
    maybeReadMore(stream, state);
  }
  return !state.ended && (state.length < state.highWaterMark || state.length === 0);
}

function enqueue(stream, state, chunk, front) {
  if (state.flowing && state.length === 0 && !state.sync && stream.listenerCount("data") > 0) {
    state.dataEmitted = true;
    stream.emit("data", chunk);
  } else {
    state.length += state.objectMode ? 1 : chunk.length;
    if (front) state.buffer.unshift(chunk);
    else state.buffer.push(chunk);
    if (state.needReadable) announce(stream);
  }
  maybeReadMore(stream, state);
}

function sourceEnded(stream, state) {
  if (state.ended) return;
  const rest = state.decoder?.end();
  if (rest) {
    state.buffer.push(rest);
    state.length += state.objectMode ? 1 : rest.length;
  }
  state.ended = true;
  if (state.sync) {
    announce(stream);
    return;
  }
  state.needReadable = false;
  state.emittedReadable = true;
  emitReadable(stream);
}

// announce requests the event "readable".
function announce(stream) {
  const state = stream._readableState;
  state.needReadable = false;
  if (state.emittedReadable) return;
  state.emittedReadable = true;
  nextTick(emitReadable, stream);
}

function emitReadable(stream) {
  const state = stream._readableState;
  if (!state.destroyed && !state.errored && (state.length > 0 || state.ended)) {
    stream.emit("readable");
    state.emittedReadable = false;
  }
  state.needReadable = !state.flowing && !state.ended && state.length <= state.highWaterMark;
  flow(stream);
}

// maybeReadMore reads until the queue has reached the high watermark.
function maybeReadMore(stream, state) {
  if (state.readingMore || !state.constructed) return;
  state.readingMore = true;
  nextTick(() => {
    const wanted = () => !state.reading && !state.ended && (state.length < state.highWaterMark || (state.flowing && state.length === 0));
    for (let before = -1; wanted() && before !== state.length; ) {
      before = state.length;
      stream.read(0);
    }
    state.readingMore = false;
  });
}

function flow(stream) {
  while (stream._readableState.flowing && stream.read() !== null);
}

// sizeOf returns how much a call of read(n) returns.
function sizeOf(state, n) {
  if (n <= 0 || (state.length === 0 && state.ended)) return 0;
  if (state.objectMode) return 1;
  if (Number.isNaN(n)) return state.flowing && state.length > 0 ? state.buffer[0].length : state.length;
  if (n <= state.length) return n;
  return state.ended ? state.length : 0;
}

// take removes n bytes or characters from the queue, or one object.
function take(state, n) {
  if (state.objectMode) return state.buffer.shift();
  if (n >= state.length) {
    const all = state.buffer.splice(0);
    if (all.length === 1) return all[0];
    return state.decoder ? all.join("") : Buffer.concat(all);
  }
  const parts = [];
  for (let missing = n; missing > 0; ) {
    const first = state.buffer[0];
    parts.push(first.slice(0, missing));
    if (first.length > missing) state.buffer[0] = first.slice(missing);
    else state.buffer.shift();
    missing -= Math.min(missing, first.length);
  }
  return state.decoder ? parts.join("") : Buffer.concat(parts);
}

function endReadable(stream) {
  const state = stream._readableState;
  if (state.endEmitted) return;
  state.ended = true;
  nextTick(() => {
    if (state.errored || state.closeEmitted || state.endEmitted || state.length > 0) return;
    state.endEmitted = true;
    stream.emit("end");
    const other = stream._writableState;
    if (other && stream.allowHalfOpen === false) {
      nextTick(() => stream.writable && !stream.writableEnded && !stream.destroyed && stream.end());
    } else if (state.autoDestroy && (!other || (other.autoDestroy && (other.finished || other.writableOff)))) {
      stream.destroy();
    }
  });
}

// fetchChunk calls _read.
function fetchChunk(stream, state) {
  state.reading = true;
  state.sync = true;
  if (state.length === 0) state.needReadable = true;
  try {
    stream._read(state.highWaterMark);
  } catch (error) {
    fail(stream, error);
  }
  state.sync = false;
}

methods(Readable, {
  push(chunk, encoding) {
    return add(this, chunk, encoding, false);
  },

  unshift(chunk, encoding) {
    return add(this, chunk, encoding, true);
  },

  read(size) {
    const state = this._readableState;
    const asked = size === undefined ? NaN : Number.parseInt(size, 10);
    if (asked > state.highWaterMark && !state.objectMode) state.highWaterMark = 2 ** Math.ceil(Math.log2(Math.min(asked, 2 ** 30)));
    if (asked !== 0) state.emittedReadable = false;
    const full = state.highWaterMark !== 0 ? state.length >= state.highWaterMark : state.length > 0;
    if (asked === 0 && state.needReadable && (full || state.ended)) {
      if (state.length === 0 && state.ended) endReadable(this);
      else announce(this);
      return null;
    }
    let n = sizeOf(state, asked);
    if (n === 0 && state.ended) {
      if (state.length === 0) endReadable(this);
      return null;
    }
    const wanted = state.needReadable || state.length === 0 || state.length - n < state.highWaterMark;
    if (wanted && !state.ended && !state.reading && !state.destroyed && !state.errored && state.constructed) {
      fetchChunk(this, state);
      if (!state.reading) n = sizeOf(state, asked);
    }
    const chunk = n > 0 && state.length > 0 ? take(state, n) : null;
    if (chunk === null) state.needReadable = state.length <= state.highWaterMark;
    else state.length -= state.objectMode ? 1 : n;
    if (state.length === 0) {
      if (!state.ended) state.needReadable = true;
      if (state.ended && (chunk === null || asked !== n)) endReadable(this);
    }
    if (chunk !== null && !state.errored && !state.closeEmitted) {
      state.dataEmitted = true;
      this.emit("data", chunk);
    }
    return chunk;
  },

  _read() {
    throw errors.notImplemented("_read()");
  },

  pipe(target, { end = true } = {}) {
    const state = this._readableState;
    state.pipes.push(target);
    const onEnd = () => target.end();
    const onUnpipe = (source, info) => {
      if (source !== this || info?.unpiped) return;
      if (info) info.unpiped = true;
      cleanup();
    };
    const onDrain = () => {
      state.awaitDrain.delete(target);
      if (state.awaitDrain.size === 0 && this.listenerCount("data") > 0) this.resume();
    };
    const pause = () => {
      if (!state.pipes.includes(target)) return;
      state.awaitDrain.add(target);
      this.pause();
    };
    const onData = (chunk) => {
      if (target.write(chunk) === false) pause();
    };
    const onError = (error) => {
      unpipe();
      target.removeListener("error", onError);
      if (target.listenerCount("error") === 0) {
        if (target._writableState || target._readableState) fail(target, error);
        else target.emit("error", error);
      }
    };
    const onClose = () => {
      target.removeListener("finish", onFinish);
      unpipe();
    };
    const onFinish = () => {
      target.removeListener("close", onClose);
      unpipe();
    };
    const unpipe = () => this.unpipe(target);
    const cleanup = () => {
      for (const [name, listener] of [["close", onClose], ["finish", onFinish], ["drain", onDrain], ["error", onError], ["unpipe", onUnpipe]]) {
        target.removeListener(name, listener);
      }
      for (const listener of [onEnd, unpipe]) this.removeListener("end", listener);
      this.removeListener("data", onData);
      if (state.awaitDrain.has(target)) onDrain();
    };
    if (state.endEmitted) nextTick(end ? onEnd : unpipe);
    else this.once("end", end ? onEnd : unpipe);
    target.on("unpipe", onUnpipe);
    target.on("drain", onDrain);
    this.on("data", onData);
    target.prependListener("error", onError);
    target.once("close", onClose);
    target.once("finish", onFinish);
    target.emit("pipe", this);
    if (target.writableNeedDrain) pause();
    else if (!state.flowing) this.resume();
    return target;
  },

  unpipe(target) {
    const state = this._readableState;
    const removed = target === undefined ? state.pipes.splice(0) : state.pipes.includes(target) ? state.pipes.splice(state.pipes.indexOf(target), 1) : [];
    if (removed.length > 0 && state.pipes.length === 0) this.pause();
    for (const other of removed) other.emit("unpipe", this, { unpiped: false });
    return this;
  },

  on(name, listener) {
    EventEmitter.prototype.on.call(this, name, listener);
    const state = this._readableState;
    if (name === "data") {
      state.readableListening = this.listenerCount("readable") > 0;
      if (state.flowing !== false) this.resume();
    } else if (name === "readable" && !state.endEmitted && !state.readableListening) {
      state.readableListening = state.needReadable = true;
      state.flowing = false;
      state.emittedReadable = false;
      if (state.length > 0) announce(this);
      else if (!state.reading) nextTick(() => this.read(0));
    }
    return this;
  },

  addListener(name, listener) {
    return this.on(name, listener);
  },

  removeListener(name, listener) {
    EventEmitter.prototype.removeListener.call(this, name, listener);
    if (name === "readable") nextTick(updateListening, this);
    return this;
  },

  off(name, listener) {
    return this.removeListener(name, listener);
  },

  removeAllListeners(...names) {
    EventEmitter.prototype.removeAllListeners.apply(this, names);
    if (names.length === 0 || names[0] === "readable") nextTick(updateListening, this);
    return this;
  },

  resume() {
    const state = this._readableState;
    if (!state.flowing) {
      state.flowing = !state.readableListening;
      if (!state.resumeScheduled) {
        state.resumeScheduled = true;
        nextTick(resumeNow, this, state);
      }
    }
    state.paused = false;
    return this;
  },

  pause() {
    const state = this._readableState;
    if (state.flowing !== false) {
      state.flowing = false;
      this.emit("pause");
    }
    state.paused = true;
    return this;
  },

  isPaused() {
    return this._readableState.paused || this._readableState.flowing === false;
  },

  setEncoding(encoding) {
    const state = this._readableState;
    setDecoder(state, encoding);
    const text = state.buffer.map((chunk) => state.decoder.write(chunk)).join("");
    state.buffer = text === "" ? [] : [text];
    state.length = text.length;
    return this;
  },

  get readable() {
    const state = this._readableState;
    return Boolean(state) && state.readableOff !== true && !state.destroyed && !state.errorEmitted && !state.endEmitted;
  },
  set readable(value) {
    if (this._readableState) this._readableState.readableOff = !value;
  },
  get readableDidRead() {
    return this._readableState.dataEmitted;
  },
  get readableAborted() {
    const state = this._readableState;
    return !state.endEmitted && (state.destroyed || state.errored !== null);
  },
  get readableHighWaterMark() {
    return this._readableState.highWaterMark;
  },
  get readableBuffer() {
    return this._readableState.buffer;
  },
  get readableFlowing() {
    return this._readableState.flowing;
  },
  set readableFlowing(value) {
    this._readableState.flowing = value;
  },
  get readableLength() {
    return this._readableState.length;
  },
  get readableObjectMode() {
    return this._readableState.objectMode;
  },
  get readableEncoding() {
    return this._readableState.encoding;
  },
  get readableEnded() {
    return this._readableState.endEmitted;
  },
  get errored() {
    return this._readableState.errored;
  },
  get closed() {
    return this._readableState.closed;
  },
  get destroyed() {
    return Boolean(this._readableState?.destroyed);
  },
  set destroyed(value) {
    if (this._readableState) this._readableState.destroyed = value;
  },
});

function updateListening(stream) {
  const state = stream._readableState;
  state.readableListening = stream.listenerCount("readable") > 0;
  if (state.resumeScheduled && !state.paused) state.flowing = true;
  else if (stream.listenerCount("data") > 0) stream.resume();
  else if (!state.readableListening) state.flowing = null;
}

function resumeNow(stream, state) {
  if (!state.reading) stream.read(0);
  state.resumeScheduled = false;
  stream.emit("resume");
  flow(stream);
  if (state.flowing && !state.reading) stream.read(0);
}
