import { finished } from "./finished.js";
import { connect } from "./pipeline.js";

// promises are the functions of stream/promises.
export const promises = {
  finished: (stream, options = {}) =>
    new Promise((resolve, reject) => {
      const cleanup = finished(stream, options, (error) => {
        if (options.cleanup) cleanup();
        if (error) reject(error);
        else resolve();
      });
    }),

  pipeline: (...streams) =>
    new Promise((resolve, reject) => {
      const last = streams.at(-1);
      const isOptions = typeof last === "object" && last !== null && typeof last.on !== "function" && !(Symbol.asyncIterator in last) && !(Symbol.iterator in last);
      const options = isOptions ? streams.pop() : {};
      const list = streams.length === 1 && Array.isArray(streams[0]) ? streams[0] : streams;
      connect(list, options, (error, value) => {
        if (error) reject(error);
        else resolve(value);
      });
    }),
};
