import { abortError, nodeError, wrongType } from "lazy/node_errors";
import { PassThrough } from "./duplex.js";
import { finished, isNodeStream } from "./finished.js";
import { nextTick, once } from "./state.js";
import { from } from "./from.js";

const isIterable = (value) => typeof value?.[Symbol.asyncIterator] === "function" || typeof value?.[Symbol.iterator] === "function";

// pipeline connects streams, iterables and functions, and calls the callback with an error and the result of the last function.
export function pipeline(...given) {
  const callback = once(given.pop());
  const streams = given.length === 1 && Array.isArray(given[0]) ? [...given[0]] : given;
  return connect(streams, {}, callback);
}

// connect implements pipeline. The options are signal, and end, which is false if the last stream is not to be ended.
export function connect(streams, { signal, end = true }, callback) {
  if (streams.length < 2) throw nodeError(TypeError, "ERR_MISSING_ARGS", 'The "streams" argument must be specified');
  const opened = [];
  let failure;
  let value;
  let pending = 1;
  const done = (error, final) => {
    if (error && (!failure || failure.code === "ERR_STREAM_PREMATURE_CLOSE")) failure = error;
    pending--;
    if (!failure && pending > 0) return;
    if (failure) for (const stream of opened.splice(0)) stream.destroy(failure);
    if (pending <= 0 || final) nextTick(callback, failure, value);
  };
  const watch = (stream, reading, writing) => {
    pending++;
    opened.push(stream);
    finished(stream, { readable: reading, writable: writing }, (error) => {
      opened.splice(opened.indexOf(stream), opened.includes(stream) ? 1 : 0);
      done(error);
    });
  };
  if (signal) {
    const abort = () => done(abortError(signal), true);
    if (signal.aborted) nextTick(abort);
    else signal.addEventListener("abort", abort, { once: true });
  }

  let current;
  for (const [i, step] of streams.entries()) {
    const last = i === streams.length - 1;
    if (isNodeStream(step)) {
      if (i > 0) forward(current, step, !last || end, watch);
      watch(step, !last, i > 0 && (!last || end));
      current = step;
    } else if (typeof step === "function") {
      current = i === 0 ? step({ signal }) : step(current, { signal });
      if (last) {
        current = consume(current, (result) => (value = result), (error) => done(error), () => pending++);
      } else if (!isIterable(current)) throw nodeError(TypeError, "ERR_INVALID_RETURN_VALUE", "a function of a pipeline must return an iterable");
    } else if (isIterable(step) && i === 0) {
      current = step;
    } else {
      throw wrongType("stream", "a stream, an iterable or a function", step);
    }
  }
  nextTick(done);
  return current;
}

// forward copies a stream or an iterable to a stream.
function forward(source, target, end, watch) {
  if (isNodeStream(source)) {
    source.pipe(target, { end });
    return;
  }
  const readable = from(source);
  watch(readable, true, false);
  readable.pipe(target, { end });
}

// consume handles the result of the last function, and returns what pipeline returns: the promise, or a stream of the iterable.
function consume(result, setValue, done, begin) {
  if (typeof result?.then === "function") {
    begin();
    result.then((value) => {
      setValue(value);
      done();
    }, done);
    return result;
  }
  if (!isIterable(result)) throw nodeError(TypeError, "ERR_INVALID_RETURN_VALUE", "the last function of a pipeline must return a promise or an iterable");
  const output = new PassThrough({ objectMode: true });
  begin();
  from(result).on("error", done).pipe(output);
  output.on("end", () => done());
  return output;
}
