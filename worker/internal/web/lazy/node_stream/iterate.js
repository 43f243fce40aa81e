import { checkFunction } from "lazy/node_errors";
import { finished } from "./finished.js";
import { from } from "./from.js";
import { Readable } from "./readable.js";
import { methods } from "./state.js";

// iterate yields the chunks of a stream. The stream is destroyed when the iteration ends.
async function* iterate(stream, { destroyOnReturn = true } = {}) {
  let wake = () => {};
  let failure;
  let ended = false;
  const onReadable = () => wake();
  stream.on("readable", onReadable);
  const cleanup = finished(stream, { writable: false }, (error) => {
    failure = error;
    ended = true;
    wake();
  });
  let completed = false;
  try {
    for (;;) {
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) yield chunk;
      else if (failure) throw failure;
      else if (ended) break;
      else await new Promise((resolve) => (wake = resolve));
    }
    completed = true;
  } finally {
    stream.removeListener("readable", onReadable);
    cleanup();
    if (!completed && destroyOnReturn) stream.destroy();
  }
}

methods(Readable, {
  iterator(options) {
    return iterate(this, options);
  },

  map(fn) {
    checkFunction(fn, "fn");
    return from(mapped(this, fn));
  },

  filter(fn) {
    checkFunction(fn, "fn");
    return from(filtered(this, fn));
  },

  flatMap(fn) {
    checkFunction(fn, "fn");
    return from(flattened(this, fn));
  },

  take(count) {
    return from(taken(this, count));
  },

  drop(count) {
    return from(dropped(this, count));
  },

  async forEach(fn) {
    for await (const chunk of this) await fn(chunk);
  },

  async toArray() {
    const all = [];
    for await (const chunk of this) all.push(chunk);
    return all;
  },

  async some(fn) {
    for await (const chunk of this) if (await fn(chunk)) return true;
    return false;
  },

  async every(fn) {
    for await (const chunk of this) if (!(await fn(chunk))) return false;
    return true;
  },

  async find(fn) {
    for await (const chunk of this) if (await fn(chunk)) return chunk;
    return undefined;
  },

  async reduce(fn, ...initial) {
    let [value] = initial;
    let first = initial.length === 0;
    for await (const chunk of this) {
      value = first ? chunk : await fn(value, chunk);
      first = false;
    }
    if (first) throw new TypeError("Reduce of an empty stream requires an initial value");
    return value;
  },
});
Object.defineProperty(Readable.prototype, Symbol.asyncIterator, {
  configurable: true,
  writable: true,
  value() {
    return iterate(this);
  },
});

async function* mapped(stream, fn) {
  for await (const chunk of stream) yield fn(chunk);
}
async function* filtered(stream, fn) {
  for await (const chunk of stream) if (await fn(chunk)) yield chunk;
}
async function* flattened(stream, fn) {
  for await (const chunk of stream) yield* await fn(chunk);
}
async function* taken(stream, count) {
  if (count <= 0) return;
  let left = count;
  for await (const chunk of stream) {
    yield chunk;
    if (--left <= 0) return;
  }
}
async function* dropped(stream, count) {
  let left = count;
  for await (const chunk of stream) if (left-- <= 0) yield chunk;
}
