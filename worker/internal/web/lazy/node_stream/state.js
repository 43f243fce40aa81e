import { nodeError } from "lazy/node_errors";

// The queue of a stream: bytes, or objects in object mode.
let highWaterMarks = { bytes: 64 * 1024, objects: 16 };

export const defaultHighWaterMark = (objectMode) => (objectMode ? highWaterMarks.objects : highWaterMarks.bytes);

export function setDefaultHighWaterMark(objectMode, value) {
  highWaterMarks = { ...highWaterMarks, [objectMode ? "objects" : "bytes"]: value };
}

// highWaterMarkOf returns the high watermark that the options of a stream set for one side, "readable" or "writable".
export function highWaterMarkOf(options, side, objectMode) {
  const value = options?.highWaterMark ?? options?.[`${side}HighWaterMark`];
  if (value === undefined || value === null) return defaultHighWaterMark(objectMode);
  if (!Number.isInteger(value) || value < 0) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.highWaterMark' is invalid. Received ${value}`);
  return value;
}

// inherits makes a function a class that extends another one. Older packages call these functions with their own objects.
export function inherits(constructor, parent) {
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
  Object.setPrototypeOf(constructor, parent);
}

// methods defines methods and getters that are not enumerable.
export function methods(constructor, definitions) {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(definitions))) {
    Object.defineProperty(constructor.prototype, name, { ...descriptor, enumerable: false });
  }
}

export const errors = {
  premature: () => nodeError(Error, "ERR_STREAM_PREMATURE_CLOSE", "Premature close"),
  destroyed: (what) => nodeError(Error, "ERR_STREAM_DESTROYED", `Cannot call ${what} after a stream was destroyed`),
  afterEnd: () => nodeError(Error, "ERR_STREAM_WRITE_AFTER_END", "write after end"),
  afterEOF: () => nodeError(Error, "ERR_STREAM_PUSH_AFTER_EOF", "stream.push() after EOF"),
  nullValues: () => nodeError(TypeError, "ERR_STREAM_NULL_VALUES", "May not write null values to stream"),
  notImplemented: (method) => nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", `The ${method} method is not implemented`),
  twice: () => nodeError(Error, "ERR_MULTIPLE_CALLBACK", "Callback called multiple times"),
};

// nextTick calls a function after the code that runs. The exception of a listener of an event is an uncaught one.
export const nextTick = (fn, ...args) => queueMicrotask(() => fn(...args));

// once returns a function that calls fn at most once.
export function once(fn) {
  let called = false;
  return (...args) => {
    if (called) return;
    called = true;
    fn(...args);
  };
}
