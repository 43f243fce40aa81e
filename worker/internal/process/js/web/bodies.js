import { begin } from "./context.js";
import { expose } from "./host.js";

// The bodies of requests and responses are streams of the runtime. In these functions a stream is a ReadableStream.

// readableState returns a value if it is a stream.
export const readableState = (value) => (value instanceof ReadableStream ? value : undefined);

// streamOf returns a stream with the bytes that source yields: next() returns an ArrayBuffer, null at the end, or a promise of
// either. cancel() is called if the rest is not needed. Nothing is read in advance.
export function streamOf(source) {
  let controller;
  source.onAbort = (reason) => controller.error(reason);
  const pull = async () => {
    const chunk = await source.next();
    if (chunk !== null) return controller.enqueue(new Uint8Array(chunk));
    controller.close();
    controller.byobRequest?.respond(0);
  };
  const start = (given) => {
    controller = given;
  };
  return new ReadableStream({ type: "bytes", start, pull, cancel: (reason) => source.cancel(reason) }, { highWaterMark: 0 });
}

// viewOf returns a chunk, which must be a Uint8Array (Fetch Standard, section 2.2.4).
function viewOf(value) {
  if (value instanceof Uint8Array) return value;
  const hint = typeof value === "string" ? ": pipe text through a TextEncoderStream" : "";
  throw new TypeError(`The stream of a body must have chunks that are Uint8Arrays, but got ${typeof value === "object" ? Object.prototype.toString.call(value) : typeof value}${hint}`);
}

const senders = new Map(); // the bodies that are being written to Linger, by number
let lastNumber = 0;

// Sender writes a stream to a sink as the body with its number.
class Sender {
  number = ++lastNumber;
  #reader;
  #sink;
  #failed;
  #ended;
  #proceed; // continues after bodyRoom

  constructor(stream, sink, failed, ended) {
    this.#reader = stream.getReader();
    this.#sink = sink;
    this.#failed = failed;
    this.#ended = ended;
    this.operation = begin((reason) => {
      if (!senders.has(this.number)) return;
      this.#sink.abort(this.number);
      this.cancel(reason);
    });
  }

  async send() {
    senders.set(this.number, this);
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (!senders.has(this.number)) return;
        if (done) break;
        if (!this.#sink.write(this.number, viewOf(value))) await this.#room();
      }
    } catch (error) {
      if (!this.#remove()) return;
      this.#sink.abort(this.number);
      this.#reader.cancel(error).catch(() => {});
      return this.#failed(error);
    }
    if (this.#remove()) this.#sink.end(this.number);
  }

  proceed() {
    this.#proceed?.();
  }

  // cancel cancels the stream, without calling failed or ended.
  cancel(reason) {
    senders.delete(this.number);
    this.operation.end();
    this.proceed();
    this.#reader.cancel(reason).catch(() => {});
  }

  #room() {
    return new Promise((resolve) => {
      this.#proceed = resolve;
    });
  }

  #remove() {
    const removed = senders.delete(this.number);
    if (removed) {
      this.operation.end();
      this.#ended();
    }
    return removed;
  }
}

// prepare returns a Sender, which begins when send is called. The methods of sink are write(number, chunk), which returns whether the
// next chunk may follow before bodyRoom is called, end(number) and abort(number). failed(error) is called if the stream fails, and
// ended() when it has ended; after a cancel neither is. The stream is locked.
export const prepare = (stream, sink, failed, ended) => new Sender(stream, sink, failed, ended);

export const send = (sender) => void sender.send();

// abandon cancels a stream that is not sent.
export const abandon = (sender, reason) => sender.cancel(reason);

expose("bodyRoom", (number) => senders.get(number)?.proceed());
expose("bodyCancelled", (number, reason) => {
  senders.get(number)?.cancel(new DOMException(reason[0].toUpperCase() + reason.slice(1), "AbortError"));
});
