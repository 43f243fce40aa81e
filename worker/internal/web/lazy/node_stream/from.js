import { wrongType } from "lazy/node_errors";
import { Readable } from "./readable.js";

// from returns a stream of the values of an iterable. A string or a Buffer is one value.
export function from(iterable, options) {
  if (typeof iterable === "string" || iterable instanceof Uint8Array) {
    return new Readable({
      objectMode: true, ...options,
      read() {
        this.push(iterable);
        this.push(null);
      },
    });
  }
  const iterator = iterable?.[Symbol.asyncIterator]?.() ?? iterable?.[Symbol.iterator]?.();
  if (iterator === undefined) throw wrongType("iterable", "an iterable", iterable);
  let reading = false;
  const readable = new Readable({ objectMode: true, highWaterMark: 1, ...options });
  readable._read = () => {
    if (reading) return;
    reading = true;
    pump(readable, iterator, () => (reading = false));
  };
  readable._destroy = (error, done) => {
    close(iterator, error).then(
      () => done(error),
      (failure) => done(error ?? failure),
    );
  };
  return readable;
}

// pump pushes values until the queue is full. Then it calls pause, before the stream can call _read again.
async function pump(readable, iterator, pause) {
  try {
    for (;;) {
      const { value, done } = await iterator.next();
      if (done) {
        readable.push(null);
        return;
      }
      const chunk = await value;
      if (chunk === null) throw wrongType("chunk", "not null", chunk);
      if (!readable.push(chunk)) {
        pause();
        return;
      }
    }
  } catch (error) {
    readable.destroy(error);
  }
}

// close ends an iterator whose stream is destroyed.
async function close(iterator, error) {
  if (error && typeof iterator.throw === "function") {
    try {
      if ((await iterator.throw(error)).done) return;
    } catch (thrown) {
      if (thrown === error) return;
      throw thrown;
    }
  }
  await iterator.return?.();
}

Readable.from = from;
