import { describeBy, dispatch, Event, expect, globalTarget, host, stateOf, tag } from "shared";

// ErrorEvent is the event of an exception that was not caught (HTML Standard, section 8.1.4.7).
export class ErrorEvent extends Event {
  #init;

  constructor(type, init) {
    expect(arguments.length, 1, "new ErrorEvent");
    super(type, init);
    const { message = "", filename = "", lineno = 0, colno = 0, error } = init ?? {};
    this.#init = { message: String(message), filename: String(filename), lineno: Number(lineno) >>> 0, colno: Number(colno) >>> 0, error };
  }

  get message() {
    return this.#init.message;
  }
  get error() {
    return this.#init.error;
  }
  get filename() {
    return this.#init.filename;
  }
  get lineno() {
    return this.#init.lineno;
  }
  get colno() {
    return this.#init.colno;
  }
}

// PromiseRejectionEvent is the event of a rejection without a handler (HTML Standard, section 8.1.4.7.2).
export class PromiseRejectionEvent extends Event {
  #promise;
  #reason;

  constructor(type, init) {
    expect(arguments.length, 2, "new PromiseRejectionEvent");
    if (typeof init?.promise !== "object" || init.promise === null) throw new TypeError("new PromiseRejectionEvent expects an object as its promise");
    super(type, init);
    this.#promise = init.promise;
    this.#reason = init.reason;
  }

  get promise() {
    return this.#promise;
  }
  get reason() {
    return this.#reason;
  }
}

// send dispatches a trusted event at the global object, and reports whether a listener has canceled it.
function send(event) {
  stateOf(event).trusted = true;
  return !dispatch(globalTarget, event, globalThis);
}

let dispatching = false; // an error event is being dispatched: exceptions of its listeners do not cause another one

// dispatchError dispatches the error event for an exception, and reports whether a listener has canceled it (HTML Standard,
// section 8.1.4.6).
export function dispatchError(error) {
  if (dispatching) return false;
  dispatching = true;
  try {
    return send(new ErrorEvent("error", { ...placeOf(error), message: textOf(error), error, cancelable: true }));
  } finally {
    dispatching = false;
  }
}

function textOf(error) {
  try {
    return `Uncaught ${error}`;
  } catch {
    return "Uncaught exception";
  }
}

// placeOf returns the position of the first frame of an error's stack.
function placeOf(error) {
  const frame = error instanceof Error && typeof error.stack === "string" ? /^ {4}at (?:.*\()?(.+):(\d+):(\d+)\)?$/m.exec(error.stack) : null;
  return frame ? { filename: frame[1], lineno: frame[2], colno: frame[3] } : {};
}

const reported = new WeakSet(); // promises for which unhandledrejection was dispatched

// watchRejections makes the engine pass rejections to onRejection, or ends that.
export function watchRejections(on) {
  host.watchRejections(on ? onRejection : undefined);
}

// onRejection returns true if a rejection is handled by a listener that has canceled the event.
function onRejection(promise, reason, handled) {
  if (handled) {
    if (reported.delete(promise)) send(new PromiseRejectionEvent("rejectionhandled", { promise, reason }));
    return false;
  }
  reported.add(promise);
  return send(new PromiseRejectionEvent("unhandledrejection", { promise, reason, cancelable: true }));
}

// callHandler calls onerror, onunhandledrejection or onrejectionhandled (HTML Standard, section 8.1.8.1). The result of onerror
// that cancels the event is true, that of the others false.
export function callHandler(handler, event) {
  const isError = event.type === "error" && event instanceof ErrorEvent;
  const result = isError
    ? handler.call(globalThis, event.message, event.filename, event.lineno, event.colno, event.error)
    : handler.call(globalThis, event);
  if (result === isError) event.preventDefault();
}

tag(ErrorEvent, PromiseRejectionEvent);
describeBy(ErrorEvent, "type", "message", "error");
describeBy(PromiseRejectionEvent, "type", "promise", "reason");
