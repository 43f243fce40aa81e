import { abortError } from "lazy/node_errors";
import { EventEmitter } from "lazy/node_events";
import { inherits, methods, nextTick, once } from "./state.js";

// Stream is what all streams have in common. Readable and Writable keep their states in _readableState and _writableState,
// of which a Duplex has both.
export function Stream(options) {
  EventEmitter.call(this, options);
}
inherits(Stream, EventEmitter);

const states = (stream) => [stream._readableState, stream._writableState].filter(Boolean);

// commonState returns the part of a state that both sides have.
export const commonState = (options) => ({
  autoDestroy: options?.autoDestroy !== false,
  closed: false,
  closeEmitted: false,
  constructed: true,
  destroyed: false,
  emitClose: options?.emitClose !== false,
  errored: null,
  errorEmitted: false,
});

methods(Stream, {
  // pipe of streams that are neither Readable nor Writable.
  pipe(target, { end = true } = {}) {
    this.on("data", (chunk) => {
      if (target.writable && target.write(chunk) === false) this.pause?.();
    });
    target.on("drain", () => this.readable && this.resume?.());
    if (end && target !== globalThis.process?.stdout) this.on("end", () => target.end());
    target.emit("pipe", this);
    return target;
  },

  destroy(error, callback) {
    const all = states(this);
    if (all.some((state) => state.destroyed)) {
      callback?.();
      return this;
    }
    for (const state of all) {
      state.destroyed = true;
      if (error) state.errored ??= error;
    }
    if (all.every((state) => state.constructed)) runDestroy(this, error ?? null, callback);
    else this.once("_constructed", (failure) => runDestroy(this, failure ?? error ?? null, callback));
    return this;
  },

  _destroy(error, callback) {
    callback(error);
  },
});

function runDestroy(stream, error, callback) {
  const finish = once((failure) => {
    const reason = failure ?? null;
    for (const state of states(stream)) {
      state.closed = true;
      if (reason) state.errored ??= reason;
    }
    callback?.(reason);
    nextTick(() => {
      if (reason) emitError(stream, reason);
      emitClose(stream);
    });
  });
  try {
    stream._destroy(error, finish);
  } catch (failure) {
    finish(failure);
  }
}

function emitError(stream, error) {
  const all = states(stream);
  if (all.some((state) => state.errorEmitted)) return;
  for (const state of all) state.errorEmitted = true;
  stream.emit("error", error);
}

function emitClose(stream) {
  const all = states(stream);
  if (all.some((state) => state.closeEmitted)) return;
  for (const state of all) state.closeEmitted = true;
  if (all.some((state) => state.emitClose)) stream.emit("close");
}

// fail destroys a stream because of an error, or only emits the error if the stream is not to be destroyed automatically.
export function fail(stream, error) {
  const all = states(stream);
  if (all.some((state) => state.destroyed)) return;
  if (all.some((state) => state.autoDestroy)) {
    stream.destroy(error);
    return;
  }
  for (const state of all) state.errored ??= error;
  nextTick(emitError, stream, error);
}

// construct calls the method _construct of a stream before it is used, and then started.
export function construct(stream, started) {
  if (typeof stream._construct !== "function") return;
  const all = states(stream);
  stream.once("_started", started);
  if (all.some((state) => !state.constructed)) return; // the other side has requested it
  for (const state of all) state.constructed = false;
  const finish = once((error) => {
    for (const state of states(stream)) state.constructed = true;
    if (all.some((state) => state.destroyed)) stream.emit("_constructed", error);
    else if (error) fail(stream, error);
    else nextTick(() => stream.emit("_started"));
  });
  nextTick(() => {
    try {
      stream._construct((error) => nextTick(finish, error));
    } catch (error) {
      nextTick(finish, error);
    }
  });
}

// useOptions sets the methods that the options of a constructor contain.
export function useOptions(stream, options, names) {
  for (const name of names) if (typeof options?.[name] === "function") stream[`_${name}`] = options[name];
  const { signal } = options ?? {};
  if (signal === undefined) return;
  const abort = () => stream.destroy(abortError(signal));
  if (signal.aborted) nextTick(abort);
  else signal.addEventListener("abort", abort, { once: true });
}
