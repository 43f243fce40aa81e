import { refuse, secret, tag } from "./define.js";
import { DOMException } from "./exception.js";

// contentOf gives the content that a stream is of, undefined for anything else.
export let contentOf;

// ReadableStream is what a body is: bytes that are all there. It can be read once, or be passed on once. It is not a
// global, since scripts cannot make streams of their own.
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

  // tee gives two streams in place of this one.
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
    if (this.#content.locked) throw new TypeError("The stream is locked: it has a reader");
  }

  #lock() {
    this.#unlocked();
    this.#content.locked = true;
  }
}

class ReadableStreamDefaultReader {
  #content; // null after releaseLock
  #closed = Promise.withResolvers();

  constructor(token, content) {
    if (token !== secret) refuse("ReadableStreamDefaultReader");
    this.#content = content;
    this.#closed.promise.catch(() => {}); // that it was released concerns a script that asks only
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
    this.#closed.reject(new TypeError("The reader has released its stream")); // without effect once it is closed
  }

  #held(what) {
    if (!this.#content) throw new TypeError(`${what} was called on a reader that has released its stream`);
    return this.#content;
  }
}

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
  new DOMException(`A body has no ${what}: read it with getReader() or for await, or pass it on to a Response, a Request or fetch`, "NotSupportedError");

Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, { value: ReadableStream.prototype.values, writable: true, configurable: true });
tag(ReadableStream, ReadableStreamDefaultReader);
