import { abortError, checkFunction, wrongType } from "lazy/node_errors";
import { errors, nextTick, once } from "./state.js";

export const isNodeStream = (value) => typeof value?.on === "function" && (typeof value.write === "function" || typeof value.pipe === "function");
const hasReadable = (stream) => Boolean(stream._readableState) || (typeof stream.read === "function" && typeof stream.pipe === "function");
const hasWritable = (stream) => Boolean(stream._writableState) || typeof stream.write === "function";

export const isErrored = (stream) => Boolean(stream?.errored);
export const isDisturbed = (stream) => Boolean(stream?.readableDidRead || stream?.readableAborted);
export const isDestroyed = (stream) => Boolean(stream?.destroyed);
export const isReadable = (stream) => (stream?._readableState ? stream.readable : null);
export const isWritable = (stream) => (stream?._writableState ? stream.writable : null);

// finished calls a callback when a stream has ended, failed or been closed too early, and returns a function that removes its
// listeners.
export function finished(stream, optionsOrCallback, callbackGiven) {
  const options = typeof optionsOrCallback === "function" ? {} : (optionsOrCallback ?? {});
  const given = typeof optionsOrCallback === "function" ? optionsOrCallback : callbackGiven;
  checkFunction(given, "callback");
  if (!isNodeStream(stream)) throw wrongType("stream", "a stream", stream);
  const callback = once((error) => given.call(stream, error));

  const [r, w] = [stream._readableState, stream._writableState];
  const readable = options.readable ?? hasReadable(stream);
  const writable = options.writable ?? hasWritable(stream);
  let readableDone = !readable || Boolean(r?.endEmitted) || (r && !stream.readable && r.readableOff);
  let writableDone = !writable || Boolean(w?.finished);
  const check = () => {
    if (readableDone && writableDone) callback();
  };
  const onEnd = () => {
    readableDone = true;
    check();
  };
  const onFinish = () => {
    writableDone = true;
    check();
  };
  const onError = (error) => callback(error);
  const onClose = () => {
    const error = r?.errored ?? w?.errored;
    if (error) callback(error);
    else if (readableDone && writableDone) callback();
    else callback(errors.premature());
  };
  const listeners = [["end", onEnd], ["finish", onFinish], ["error", onError], ["close", onClose]].filter(([name]) => name !== "error" || options.error !== false);
  for (const [name, listener] of listeners) stream.on(name, listener);
  if ((r ?? w)?.closed || (r ?? w)?.closeEmitted) nextTick(onClose);
  else if (r?.errorEmitted || w?.errorEmitted) nextTick(onError, r?.errored ?? w?.errored);
  else if (readableDone && writableDone && (r || w) && (!(r ?? w).autoDestroy || (r ?? w).destroyed)) nextTick(onClose);

  const cleanup = () => {
    for (const [name, listener] of listeners) stream.removeListener(name, listener);
  };
  const { signal } = options;
  if (signal) {
    const abort = () => {
      cleanup();
      callback(abortError(signal));
    };
    if (signal.aborted) nextTick(abort);
    else signal.addEventListener("abort", abort, { once: true });
  }
  return cleanup;
}

export function addAbortSignal(signal, stream) {
  const abort = () => stream.destroy(abortError(signal));
  if (signal.aborted) abort();
  else {
    signal.addEventListener("abort", abort, { once: true });
    finished(stream, () => signal.removeEventListener("abort", abort));
  }
  return stream;
}
