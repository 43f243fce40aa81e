import { host } from "./host.js";
import { lazy } from "./lazy.js";

// Content is the content of a body, and its state. A body and one that was created with its stream share it.
//
// Its source is text; bytes; a body that Go receives (an object with next, whole and cancel, see web/lazy/bodies); or undefined
// for a stream of the script. Text and bytes are never changed, so several Contents can share them.
export class Content {
  #source;
  #stream; // the state of the stream, if there is one

  // coding is the content coding of the source, which is undone when the content is read. foreign is a content coding that is
  // not supported: only the encoded bytes can be read. Both are "" if there is no coding.
  constructor(source, coding, foreign) {
    this.#source = source;
    if (coding) this.coding = coding;
    if (foreign) this.foreign = foreign;
  }

  // ofStream returns the Content of a stream.
  static ofStream(stream) {
    if (!stream.content) {
      stream.content = new Content();
      stream.content.#stream = stream;
    }
    return stream.content;
  }

  // used reports whether the content has been read or cancelled.
  get used() {
    return this.taken || (this.#stream?.disturbed ?? false);
  }

  // isWhole reports whether the content is text or bytes.
  get isWhole() {
    return isWhole(this.#source);
  }

  // stream returns the ReadableStream of the content, which is created when it is first needed.
  get stream() {
    return this.#ensureStream().object;
  }

  #ensureStream() {
    if (!this.#stream) {
      const { streamOf } = lazy("bodies");
      this.#stream = streamOf(isWhole(this.#source) ? new WholeSource(() => this.#decoded()) : this.#source);
      this.#stream.content = this;
    }
    return this.#stream;
  }

  // copy returns a Content for the clone of a body. The two read a stream independently.
  copy() {
    this.check();
    if (isWhole(this.#source)) return new Content(this.#source, this.coding, this.foreign);
    const { foreign } = this;
    const [left, right] = lazy("bodies").tee(this.#ensureStream());
    [this.#source, this.#stream] = [undefined, left];
    left.content = this;
    const copy = Content.ofStream(right);
    if (foreign) copy.foreign = foreign;
    return copy;
  }

  // move returns a Content for a new body, and marks this one as used.
  move() {
    this.check();
    const source = this.#take();
    return source === this.#stream ? Content.ofStream(lazy("bodies").copyOf(source)) : new Content(source, this.coding, this.foreign);
  }

  // take returns what the content consists of, and marks it as used: text or bytes, which the caller must not change; a body
  // that Go receives; or the state of a stream of the script. Without encoded, codings of bytes are undone.
  take(encoded = false) {
    this.check();
    const source = this.#take();
    return encoded || source === this.#stream ? source : this.#decoded();
  }

  #take() {
    if (this.#source === undefined) return this.#stream;
    this.taken = true;
    if (this.#stream) lazy("bodies").consumed(this.#stream);
    return this.#source;
  }

  // whole returns the text or the bytes, which the caller must not change, or a promise of an ArrayBuffer or a Uint8Array.
  whole() {
    const source = this.take();
    if (isWhole(source)) return source;
    return source === this.#stream ? lazy("bodies").readAll(source) : source.whole();
  }

  // check throws if the content cannot be read.
  check() {
    if (this.used) throw new TypeError("The body has already been read: clone the request or response before reading it");
    if (this.#stream?.locked) throw new TypeError("The body is locked by a reader of its stream");
  }

  // checkText throws if the content cannot be read as text.
  checkText() {
    if (this.foreign) {
      throw new TypeError(`The body has the content coding ${this.foreign}, which is not supported: request gzip or deflate from the server, or read the bytes`);
    }
  }

  #decoded() {
    return this.coding && isWhole(this.#source) ? new Uint8Array(host.decompress(this.coding, this.#source)) : this.#source;
  }
}

const isWhole = (source) => typeof source === "string" || ArrayBuffer.isView(source);

// WholeSource yields the bytes of a text or of bytes in one chunk.
class WholeSource {
  constructor(get) {
    this.get = get;
  }

  next() {
    const { get } = this;
    if (!get) return null;
    this.get = undefined;
    const source = get();
    const bytes = typeof source === "string" ? host.encode(source) : source.slice().buffer;
    return bytes.byteLength > 0 ? bytes : null;
  }

  cancel() {}
}

// The defaults are properties of the prototype, so that they cost nothing for each Content.
Object.assign(Content.prototype, {
  taken: false, // the source has been read or handed over
  coding: "",
  foreign: "",
});
