import { promises } from "./promises.js";
import { addAbortSignal, finished, isDestroyed, isDisturbed, isErrored, isReadable, isWritable } from "./finished.js";
import { defaultHighWaterMark, setDefaultHighWaterMark } from "./state.js";
import { Duplex, PassThrough, Transform } from "./duplex.js";
import { pipeline } from "./pipeline.js";
import { Readable } from "./readable.js";
import { Stream } from "./stream.js";
import { Writable } from "./writable.js";
import "./iterate.js";
import { fromWeb, toWeb } from "./web.js";

Readable.fromWeb = fromWeb.readable;
Readable.toWeb = toWeb.readable;
Writable.fromWeb = fromWeb.writable;
Writable.toWeb = toWeb.writable;
Duplex.fromWeb = fromWeb.duplex;
Duplex.toWeb = toWeb.duplex;

Object.assign(Stream, {
  addAbortSignal, Duplex, finished, isDestroyed, isDisturbed, isErrored, isReadable, isWritable, PassThrough, pipeline, promises, Readable, Stream, Transform, Writable,
  destroy(stream, error) {
    stream.destroy(error);
    return stream;
  },
  getDefaultHighWaterMark: defaultHighWaterMark,
  setDefaultHighWaterMark,
});

export { consumers } from "./consumers.js";
export { web } from "./web.js";
export { promises, Transform, Writable };
export { Stream as module };
