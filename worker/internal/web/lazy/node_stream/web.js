import { Duplex } from "./duplex.js";
import { finished } from "./finished.js";
import { Readable } from "./readable.js";
import { Writable } from "./writable.js";

const names = [
  "ByteLengthQueuingStrategy", "CompressionStream", "CountQueuingStrategy", "DecompressionStream", "ReadableByteStreamController", "ReadableStream",
  "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest", "ReadableStreamDefaultController", "ReadableStreamDefaultReader", "TextDecoderStream",
  "TextEncoderStream", "TransformStream", "TransformStreamDefaultController", "WritableStream", "WritableStreamDefaultController",
  "WritableStreamDefaultWriter",
];

// web are the classes of stream/web, which are globals.
export const web = {};
for (const name of names) Object.defineProperty(web, name, { enumerable: true, get: () => globalThis[name] });

const toNode = {
  readable(stream, options) {
    const reader = stream.getReader();
    let ended = false;
    return new Readable({
      ...options,
      read() {
        reader.read().then(
          ({ value, done }) => {
            ended = done;
            this.push(done ? null : value);
          },
          (error) => {
            ended = true;
            this.destroy(error);
          },
        );
      },
      destroy(error, done) {
        if (ended) done(error);
        else reader.cancel(error).then(() => done(error), () => done(error));
      },
    });
  },

  writable(stream, options) {
    const writer = stream.getWriter();
    return new Writable({
      ...options,
      write(chunk, encoding, done) {
        writer.ready.then(() => writer.write(chunk)).then(() => done(), done);
      },
      final(done) {
        writer.close().then(() => done(), done);
      },
      destroy(error, done) {
        if (error) writer.abort(error).then(() => done(error), () => done(error));
        else done();
      },
    });
  },

  duplex({ readable, writable }, options) {
    const [source, target] = [toNode.readable(readable, options), toNode.writable(writable, options)];
    const duplex = new Duplex({
      ...options,
      read() {
        source.resume();
      },
      write: (chunk, encoding, done) => target.write(chunk, encoding, done),
      final: (done) => target.end(done),
      destroy(error, done) {
        source.destroy(error);
        target.destroy(error);
        done(error);
      },
    });
    source.on("data", (chunk) => {
      if (!duplex.push(chunk)) source.pause();
    });
    source.on("end", () => duplex.push(null));
    for (const part of [source, target]) part.on("error", (error) => duplex.destroy(error));
    return duplex;
  },
};

const toStandard = {
  readable(stream, { strategy } = {}) {
    let controller;
    const cleanup = finished(stream, { writable: false }, (error) => {
      if (error) controller.error(error);
      else controller.close();
      cleanup();
      stream.on("error", () => {});
    });
    return new globalThis.ReadableStream(
      {
        start(given) {
          controller = given;
          stream.pause();
          stream.on("data", (chunk) => {
            controller.enqueue(chunk instanceof Uint8Array ? new Uint8Array(chunk) : chunk);
            if (controller.desiredSize <= 0) stream.pause();
          });
        },
        pull() {
          stream.resume();
        },
        cancel(reason) {
          cleanup();
          stream.on("error", () => {});
          stream.destroy(reason);
        },
      },
      strategy ?? { highWaterMark: stream.readableObjectMode ? stream.readableHighWaterMark : 1 },
    );
  },

  writable(stream) {
    return new globalThis.WritableStream({
      start(controller) {
        finished(stream, { readable: false }, (error) => {
          stream.on("error", () => {});
          if (error) controller.error(error);
        });
      },
      write: (chunk) => new Promise((resolve, reject) => stream.write(chunk, (error) => (error ? reject(error) : resolve()))),
      close: () => new Promise((resolve, reject) => stream.end((error) => (error ? reject(error) : resolve()))),
      abort(reason) {
        stream.destroy(reason);
      },
    });
  },

  duplex: (stream) => ({ readable: toStandard.readable(stream), writable: toStandard.writable(stream) }),
};

export { toNode as fromWeb, toStandard as toWeb };
