import { acquireReader } from "./readable_reader.js";
import { Deferred, quiet } from "./promises.js";
import { isUint8Array } from "./readable_byte.js";

// readAll reads a stream to its end, and returns a Deferred of its bytes as a Uint8Array. The stream must not be locked, and
// stays locked. If it has a chunk that is not a Uint8Array, or more than limit bytes, it is cancelled and the result is a
// TypeError (Fetch Standard, section 2.2.4, "fully read").
export function readAll(stream, limit = Infinity) {
  const collector = new Collector(acquireReader(stream), limit);
  collector.run();
  return collector.result;
}

// Collector is the request of its reads.
export class Collector {
  constructor(reader, limit) {
    this.chunks = [];
    this.length = 0; // bytes in chunks
    this.result = new Deferred();
    this.running = false; // run is being called
    this.waiting = false; // a read has no result yet
    this.reader = reader;
    this.limit = limit;
  }

  // run reads all chunks that are available without a job for each of them.
  run() {
    this.running = true;
    while (this.result.pending && !this.waiting) {
      this.waiting = true;
      this.reader.read(this);
    }
    this.running = false;
  }

  chunk(value) {
    this.waiting = false;
    if (!isUint8Array(value)) return this.fail(new TypeError("The stream of a body has a chunk that is not a Uint8Array"));
    this.chunks.push(value);
    this.length += value.length;
    if (this.length > this.limit) return this.fail(new TypeError(`The stream of a body has more than ${this.limit} bytes`));
    if (!this.running) this.run();
  }

  close() {
    this.waiting = false;
    const { chunks } = this;
    this.chunks = [];
    this.result.resolve(chunks.length === 1 ? chunks[0] : concat(chunks, this.length));
  }

  error(reason) {
    this.waiting = false;
    this.chunks = [];
    this.result.reject(reason);
  }

  fail(error) {
    this.chunks = [];
    this.result.reject(error);
    quiet(this.reader.stream.cancel(error));
  }
}

function concat(chunks, length) {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
