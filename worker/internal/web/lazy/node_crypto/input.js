import { bytesOf, isBuffer } from "shared";
import { Buffer } from "lazy/node_buffer";
import { checkFunction, wrongType } from "lazy/node_errors";

// bytesOfInput returns the bytes of a string, a buffer or a view.
export function bytesOfInput(value, name, encoding) {
  if (typeof value === "string") return Buffer.from(value, encoding === "buffer" ? "utf8" : encoding);
  if (ArrayBuffer.isView(value) || isBuffer(value)) return bytesOf(value);
  throw wrongType(name, "a string, a Buffer, a typed array or an ArrayBuffer", value);
}

// output returns bytes as a Buffer, or as text if there is an encoding.
export function output(bytes, encoding) {
  const buffer = Buffer.from(bytes);
  return encoding === undefined || encoding === null || encoding === "buffer" ? buffer : buffer.toString(encoding);
}

// Parts collects the parts of an input.
export class Parts {
  #parts = [];

  add(data, encoding) {
    this.#parts.push(Buffer.from(bytesOfInput(data, "data", encoding)));
  }

  all() {
    if (this.#parts.length !== 1) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0];
  }

  copy() {
    const copy = new Parts();
    copy.#parts = [...this.#parts];
    return copy;
  }
}

// answer returns the result of work, or calls the callback with it or with the error, if there is one.
export function answer(callback, work) {
  if (callback === undefined) return work();
  checkFunction(callback, "callback");
  queueMicrotask(() => {
    let result;
    try {
      result = work();
    } catch (error) {
      callback(error);
      return;
    }
    callback(null, result);
  });
  return undefined;
}
