import { begin, DOMException, expose } from "shared";
import { acquireReader, createByteReadable, readableState, readAll as collect, tee } from "lazy/streams";

// This bundle connects the bodies of requests and responses with streams. In its functions a stream is the internal state of a
// ReadableStream.

export { readableState, tee };

// readAll returns a promise of the bytes of a stream, which it locks.
export const readAll = (stream) => collect(stream).promise;

// streamOf returns a stream with the bytes that source yields: next() returns an ArrayBuffer, null at the end, or a promise of
// either. cancel() is called if the rest is not needed.
export function streamOf(source) {
  const stream = createByteReadable(new BodySource(source), 0);
  source.onAbort = (reason) => stream.controller.error(reason);
  return stream;
}

class BodySource {
  constructor(source) {
    this.source = source;
  }

  pull(controller) {
    const chunk = this.source.next();
    if (chunk instanceof Promise) return chunk.then((bytes) => add(controller, bytes));
    add(controller, chunk);
  }

  cancel(reason) {
    return this.source.cancel(reason);
  }
}

function add(controller, chunk) {
  if (chunk !== null) return controller.enqueueOwned(chunk, 0, chunk.byteLength);
  controller.close();
  if (controller.pending.length > 0) controller.respond(0); // reads into views of the script
}

// copyOf returns a new stream with the chunks of a stream, which it locks.
export function copyOf(stream) {
  const reader = acquireReader(stream);
  stream.disturbed = true;
  return streamOf({
    next: () => new Promise((resolve, reject) => reader.read({ chunk: (value) => resolve(bytesOf(value)), close: () => resolve(null), error: reject })),
    cancel: (reason) => reader.stream.cancel(reason),
  });
}

// consumed locks a stream whose bytes were read in another way.
export function consumed(stream) {
  acquireReader(stream);
  stream.disturbed = true;
  stream.close();
}

// viewOf returns a chunk, which must be a Uint8Array (Fetch Standard, section 2.2.4).
function viewOf(value) {
  if (value instanceof Uint8Array) return value;
  const hint = typeof value === "string" ? ": pipe text through a TextEncoderStream" : "";
  throw new TypeError(`The stream of a body must have chunks that are Uint8Arrays, but got ${typeof value === "object" ? Object.prototype.toString.call(value) : typeof value}${hint}`);
}

const bytesOf = (value) => {
  const view = viewOf(value);
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
};

// ignore prevents that the rejection of a promise, or of a Deferred, is reported as unhandled.
function ignore(result) {
  Promise.resolve(result?.quietPromise ?? result).catch(() => {});
}

const senders = new Map(); // the bodies that are being written to Go, by number
let lastNumber = 0;

// Sender writes a stream to a sink as the body with its number. It is the request of its reads.
class Sender {
  running = false; // next is being called
  again = false; // the next chunk may be read

  constructor(stream, sink, failed, ended) {
    this.sink = sink;
    this.ended = ended;
    this.stream = stream;
    this.reader = acquireReader(stream);
    this.number = ++lastNumber;
    this.failed = failed;
    this.operation = begin((reason) => {
      if (!senders.has(this.number)) return;
      this.sink.abort(this.number);
      this.cancel(reason);
    });
  }

  // next reads the next chunk. Chunks that are available are read in a loop, because a recursion could become too deep.
  next() {
    this.again = true;
    if (this.running) return;
    this.running = true;
    while (this.again) {
      this.again = false;
      this.reader.read(this);
    }
    this.running = false;
  }

  chunk(value) {
    if (!senders.has(this.number)) return;
    try {
      if (this.sink.write(this.number, viewOf(value))) this.next();
    } catch (error) {
      ignore(this.stream.cancel(error));
      this.error(error);
    }
  }

  close() {
    if (!this.#remove()) return;
    this.sink.end(this.number);
  }

  error(reason) {
    if (!this.#remove()) return;
    this.sink.abort(this.number);
    this.failed(reason);
  }

  cancel(reason) {
    if (!senders.delete(this.number)) return;
    this.operation.end();
    ignore(this.stream.cancel(reason));
  }

  #remove() {
    const removed = senders.delete(this.number);
    if (removed) {
      this.operation.end();
      this.ended();
    }
    return removed;
  }
}

// prepare returns a Sender, which begins when send is called. The methods of sink are write(number, chunk), which returns
// whether the next chunk may follow before bodyRoom is called, end(number) and abort(number). failed(error) is
// called if the stream fails, and ended() when it has ended; after cancel neither is. The stream is locked.
export const prepare = (stream, sink, failed, ended) => new Sender(stream, sink, failed, ended);

// send begins to write.
export function send(sender) {
  senders.set(sender.number, sender);
  sender.next();
}

// abandon cancels a stream that is not sent.
export function abandon(sender, reason) {
  sender.operation.end();
  ignore(sender.stream.cancel(reason));
}

expose("bodyRoom", (number) => senders.get(number)?.operation.step(proceed, number));
expose("bodyCancelled", (number, reason) => {
  const error = new DOMException(reason[0].toUpperCase() + reason.slice(1), "AbortError");
  senders.get(number)?.operation.step(cancel, number, error);
});

const proceed = (number) => senders.get(number)?.next();
const cancel = (number, error) => senders.get(number)?.cancel(error);
