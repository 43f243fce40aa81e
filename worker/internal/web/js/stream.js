import { refuse, secret, tag } from "./define.js";
import { DOMException } from "./exception.js";

// contentOf returns the Content of a stream, and undefined for any other value.
export let contentOf;

// ReadableStream is the stream of a body, whose bytes are all available. It can be read once, or used as a body once. It is
// not a global, because scripts cannot create streams.
export class ReadableStream {
  #content;

  static {
    contentOf = (value) => (typeof value === "object" && value !== null && #content in value ? value.#content : undefined);
  }

  constructor(token, content) {
    if (token !== secret) refuse("ReadableStream");
    this.#content = content;
  }

  get locked() {
    return this.#content.locked;
  }

  getReader(options) {
    if (options?.mode !== undefined) throw missing("getReader with a mode");
    this.#lock();
    return new ReadableStreamDefaultReader(secret, this.#content);
  }

  async cancel() {
    this.#unlocked();
    this.#content.used = true;
  }

  // tee returns two streams with the content of this one, which it locks.
  tee() {
    const content = this.#content;
    const copies = content.used ? [content, content] : [content.copy(), content.copy()];
    this.#lock();
    content.used = true;
    return copies.map((copy) => new ReadableStream(secret, copy));
  }

  values(options) {
    return iterate(this.getReader(), Boolean(options?.preventCancel));
  }

  pipeThrough() {
    throw missing("pipeThrough");
  }
  async pipeTo() {
    throw missing("pipeTo");
  }

  #unlocked() {
    if (this.#content.locked) throw new TypeError("The stream is locked by a reader");
  }

  #lock() {
    this.#unlocked();
    this.#content.locked = true;
  }
}

class ReadableStreamDefaultReader {
  #content; // the Content; null after releaseLock
  #closed = Promise.withResolvers();

  constructor(token, content) {
    if (token !== secret) refuse("ReadableStreamDefaultReader");
    this.#content = content;
    this.#closed.promise.catch(() => {}); // the rejection by releaseLock must not be reported as unhandled
  }

  get closed() {
    return this.#closed.promise;
  }

  async read() {
    const value = this.#held("read").next();
    if (value !== undefined) return { value, done: false };
    this.#closed.resolve();
    return { value: undefined, done: true };
  }

  async cancel() {
    this.#held("cancel").used = true;
    this.#closed.resolve();
  }

  releaseLock() {
    if (this.#content) this.#content.locked = false;
    this.#content = null;
    this.#closed.reject(new TypeError("The reader has released its stream")); // has no effect if the reader is already closed
  }

  // held returns the Content of a reader that has not been released.
  #held(what) {
    if (!this.#content) throw new TypeError(`${what} was called on a reader that has released its stream`);
    return this.#content;
  }
}

// iterate yields the chunks of a reader, and releases it at the end.
async function* iterate(reader, preventCancel) {
  let done = false;
  try {
    for (let item; !(item = await reader.read()).done; ) yield item.value;
    done = true;
  } finally {
    if (!done && !preventCancel) await reader.cancel();
    reader.releaseLock();
  }
}

const missing = (what) =>
  new DOMException(`The stream of a body does not support ${what}: read it with getReader() or for await, or pass it to a Response, a Request or fetch`, "NotSupportedError");

Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, { value: ReadableStream.prototype.values, writable: true, configurable: true });
tag(ReadableStream, ReadableStreamDefaultReader);
