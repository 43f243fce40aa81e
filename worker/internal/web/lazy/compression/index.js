import { describeBy, expect, host, isBuffer, queueTask, tag } from "shared";
import { conceal, Deferred, reveal } from "lazy/streams";
import { createTransform } from "lazy/writable_streams";

// CompressionStream and DecompressionStream (Compression Standard, sections 5 and 6). The work is done by Go, on the event
// loop of the script, in pieces that take about a millisecond. After some of them other events are handled.

const COMPRESSION_STREAM = 141;
const DECOMPRESSION_STREAM = 142;

const piece = 32 * 1024; // bytes that are compressed by one call
const piecesOfTurn = 8;

const formats = ["deflate", "deflate-raw", "gzip"];

// The compressors and decompressors of streams that the script has dropped are closed.
const dropped = new FinalizationRegistry((number) => host.closeCompression(number));

// Coder is the transformer of either class. Its Go part is opened for the first chunk.
class Coder {
  number = 0; // of the compressor or decompressor; 0 if it is not open

  constructor(format) {
    this.format = format;
  }

  ensureOpen() {
    if (this.number > 0) return;
    this.number = this.open();
    dropped.register(this, this.number, this);
  }

  // closeNumber releases the Go part.
  closeNumber() {
    if (this.number === 0) return;
    dropped.unregister(this);
    host.closeCompression(this.number);
    this.number = 0;
  }

  cancel() {
    this.closeNumber();
  }

  // work calls step(controller) until it returns false, and returns a Deferred for the end if it continues in a later turn.
  work(controller, step) {
    let result;
    const run = () => {
      try {
        for (let i = 0; i < piecesOfTurn; i++) {
          if (controller.failed) return this.abandon(result);
          if (!step(controller)) return result?.resolve();
          if (this.isBounded && controller.backpressure) {
            result ??= new Deferred();
            return controller.backpressureChange.upon(run, undefined);
          }
        }
        result ??= new Deferred();
        queueTask(run);
      } catch (error) {
        this.closeNumber();
        if (result === undefined) throw error;
        result.reject(error);
      }
    };
    run();
    return result;
  }

  // abandon ends the work, because the stream has been cancelled or aborted.
  abandon(result) {
    this.closeNumber();
    result?.resolve();
  }
}

class Compressor extends Coder {
  open() {
    return host.openCompressor(this.format);
  }

  transform(chunk, controller) {
    const bytes = bytesOfChunk(chunk);
    this.ensureOpen();
    let offset = 0;
    return this.work(controller, () => {
      if (offset < bytes.length) pass(host.compress(this.number, bytes.subarray(offset, (offset += piece))), controller);
      return offset < bytes.length;
    });
  }

  flush(controller) {
    this.ensureOpen();
    pass(host.compressEnd(this.number), controller);
    this.closeNumber();
  }
}

// Decompressor waits for backpressure to end after each part, because the result can be a thousand times larger than a chunk.
class Decompressor extends Coder {
  isBounded = true;

  open() {
    return host.openDecompressor(this.format);
  }

  transform(chunk, controller) {
    const bytes = bytesOfChunk(chunk);
    this.ensureOpen();
    host.inflate(this.number, bytes);
    return this.work(controller, () => pass(host.inflated(this.number), controller));
  }

  flush(controller) {
    this.ensureOpen();
    host.inflateEnd(this.number);
    const end = (more) => {
      if (!more) this.closeNumber();
      return more;
    };
    return this.work(controller, () => end(pass(host.inflated(this.number), controller)));
  }
}

// pass enqueues bytes that Go has returned, and reports whether there are any.
function pass(bytes, controller) {
  if (bytes === null) return false;
  controller.enqueue(new Uint8Array(bytes));
  return true;
}

// bytesOfChunk returns the bytes of a chunk. A large chunk is copied, because the script may change it before it has been
// processed.
function bytesOfChunk(chunk) {
  const isView = ArrayBuffer.isView(chunk);
  const buffer = isView ? chunk.buffer : chunk;
  if (!isBuffer(buffer) || buffer instanceof SharedArrayBuffer) throw new TypeError("A chunk must be an ArrayBuffer or a view of one");
  const bytes = isView ? new Uint8Array(buffer, chunk.byteOffset, chunk.byteLength) : new Uint8Array(buffer);
  return bytes.length > piece ? bytes.slice() : bytes;
}

// formatOf converts the argument of the constructors.
function formatOf(given, what) {
  const format = `${given}`;
  if (!formats.includes(format)) throw new TypeError(`${what} has the formats ${formats.join(", ")}, but got "${format}"`);
  return format;
}

export class CompressionStream {
  constructor(format) {
    expect(arguments.length, 1, "new CompressionStream");
    return conceal(COMPRESSION_STREAM, new.target.prototype, createTransform(new Compressor(formatOf(format, "CompressionStream"))));
  }

  get readable() {
    return reveal(COMPRESSION_STREAM, this).readable.object;
  }

  get writable() {
    return reveal(COMPRESSION_STREAM, this).writable.object;
  }
}

export class DecompressionStream {
  constructor(format) {
    expect(arguments.length, 1, "new DecompressionStream");
    return conceal(DECOMPRESSION_STREAM, new.target.prototype, createTransform(new Decompressor(formatOf(format, "DecompressionStream"))));
  }

  get readable() {
    return reveal(DECOMPRESSION_STREAM, this).readable.object;
  }

  get writable() {
    return reveal(DECOMPRESSION_STREAM, this).writable.object;
  }
}

tag(CompressionStream, DecompressionStream);
for (const constructor of [CompressionStream, DecompressionStream]) describeBy(constructor, "readable", "writable");
