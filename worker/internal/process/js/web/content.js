import { streamOf } from "./bodies.js";

// Content is the content of a body: text, bytes, a body that Linger receives, or a ReadableStream. The first two are never changed.
export class Content {
  #source;

  constructor(source) {
    this.#source = source;
  }

  static ofStream(stream) {
    return new Content(stream);
  }

  // isWhole reports whether the content is text or bytes.
  get isWhole() {
    return isWhole(this.#source);
  }

  get stream() {
    const source = this.#source;
    if (isWhole(source)) return new Response(source).body;
    return source instanceof ReadableStream ? source : streamOf(source);
  }

  take() {
    return this.#source;
  }
}

export const isWhole = (source) => typeof source === "string" || ArrayBuffer.isView(source);
