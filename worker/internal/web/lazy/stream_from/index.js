import { apply, DefaultController, Deferred, isObject, Readable, rejected, upon } from "lazy/streams";

// fromIterable returns a stream with the values of an async iterable, or of an iterable whose values may be promises
// (Streams Standard, section 4.9.1, ReadableStreamFromIterable).
export function fromIterable(iterable) {
  const controller = new DefaultController(new Readable(), new IteratorSource(openIterator(iterable)), 0);
  controller.start(undefined);
  return controller.stream;
}

// openIterator returns an async iterator (ECMAScript, section 7.4.3, GetIterator).
function openIterator(iterable) {
  const openAsync = methodOf(iterable, Symbol.asyncIterator);
  const open = openAsync ?? methodOf(iterable, Symbol.iterator);
  if (open === undefined) throw new TypeError("ReadableStream.from expects an async iterable or an iterable");
  const iterator = apply(open, iterable, []);
  if (!isObject(iterator)) throw new TypeError("The iterator of an iterable must be an object");
  return openAsync === undefined ? new SyncIterator(iterator) : iterator;
}

// methodOf returns a method, or undefined if there is none.
function methodOf(value, key) {
  const method = value[key];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") throw new TypeError(`${String(key)} must be a function`);
  return method;
}

function checkResult(result) {
  if (!isObject(result)) throw new TypeError("The result of an iterator must be an object");
}

// SyncIterator is an async iterator with the values of an iterator (ECMAScript, section 27.1.6).
class SyncIterator {
  constructor(iterator) {
    this.iterator = iterator;
    this.nextOfIterator = iterator.next;
  }

  async next() {
    const result = apply(this.nextOfIterator, this.iterator, []);
    checkResult(result);
    const done = Boolean(result.done);
    try {
      return { value: await result.value, done };
    } catch (error) {
      if (!done) this.close();
      throw error;
    }
  }

  async return(reason) {
    const close = methodOf(this.iterator, "return");
    if (close === undefined) return {};
    const result = apply(close, this.iterator, [reason]);
    checkResult(result);
    await result.value;
    return {};
  }

  close() {
    try {
      const close = methodOf(this.iterator, "return");
      if (close !== undefined) apply(close, this.iterator, []);
    } catch {
      // The rejection of the value is what the stream reports.
    }
  }
}

// IteratorSource is the source of a stream that has the values of an async iterator.
class IteratorSource {
  constructor(iterator) {
    this.iterator = iterator;
    this.next = iterator.next;
  }

  callNext() {
    try {
      return apply(this.next, this.iterator, []);
    } catch (error) {
      return rejected(error);
    }
  }

  pull(controller) {
    const pull = new Deferred();
    upon(
      this.callNext(),
      (_, failed, result) => {
        if (failed) return pull.reject(result);
        try {
          checkResult(result);
          if (result.done) controller.close();
          else controller.enqueue(result.value);
          pull.resolve();
        } catch (error) {
          pull.reject(error);
        }
      },
      undefined,
    );
    return pull;
  }

  cancel(reason) {
    try {
      const close = methodOf(this.iterator, "return");
      if (close === undefined) return undefined;
      const cancel = new Deferred();
      upon(
        apply(close, this.iterator, [reason]),
        (_, failed, result) => {
          if (failed) cancel.reject(result);
          else if (isObject(result)) cancel.resolve();
          else cancel.reject(new TypeError("The result of return of an iterator must be an object"));
        },
        undefined,
      );
      return cancel;
    } catch (error) {
      return rejected(error);
    }
  }
}
