import { host } from "./host.js";

// Content is the content of a body, text or bytes, and its state. A body, its stream and the reader of the stream share
// it. The source is never changed, so several Contents can share it too.
export class Content {
  #source;

  // coding is the content coding of the source, which is decoded when the content is read. foreign is a content coding
  // that is not supported: only the encoded bytes can be read. Both are "" if there is no coding.
  constructor(source, coding, foreign) {
    this.#source = source;
    if (coding) this.coding = coding;
    if (foreign) this.foreign = foreign;
  }

  // copy returns a new Content with the same source.
  copy() {
    this.check();
    return new Content(this.#source, this.coding, this.foreign);
  }

  // take returns text or bytes, which the caller must not change, and marks the content as used.
  take() {
    this.check();
    this.used = true;
    return this.#decoded();
  }

  // takeEncoded is take without decoding.
  takeEncoded() {
    this.check();
    this.used = true;
    return this.#source;
  }

  takeText() {
    if (this.foreign) {
      throw new TypeError(`The body has the content coding ${this.foreign}, which is not supported: request gzip or deflate from the server, or read the bytes`);
    }
    const source = this.take();
    return (typeof source === "string" ? source : host.decode("utf-8", source, true, false)).replace(/^\uFEFF/, "");
  }

  takeBytes() {
    return bytesOf(this.take());
  }

  // next returns the bytes for the reader that has locked the content, or undefined at the end.
  next() {
    if (this.used) return undefined;
    this.used = true;
    const bytes = bytesOf(this.#decoded());
    return bytes.byteLength > 0 ? bytes : undefined;
  }

  // check throws if the content cannot be read.
  check() {
    if (this.used) throw new TypeError("The body has already been read: clone the request or response before reading it");
    if (this.locked) throw new TypeError("The body is locked by a reader of its stream");
  }

  #decoded() {
    return this.coding ? new Uint8Array(host.decompress(this.coding, this.#source)) : this.#source;
  }
}

// The defaults are properties of the prototype, so that they cost nothing for each Content.
Object.assign(Content.prototype, {
  used: false, // the content has been read or cancelled
  locked: false, // a reader of the stream has locked the content
  coding: "",
  foreign: "",
});

// bytesOf returns a copy of a source as bytes.
const bytesOf = (source) => (typeof source === "string" ? new Uint8Array(host.encode(source)) : source.slice());
