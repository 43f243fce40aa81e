import { host } from "./host.js";

// Content is what a body holds, text or bytes, and what has become of it. A body, its stream and the stream's reader
// share it. The source is never changed, so that contents can share it too.
export class Content {
  #source;

  // coding is the content coding that the source still has, and that is undone when it is read; foreign is one that
  // cannot be undone, so that only the bytes can be had. Both are "" for none.
  constructor(source, coding, foreign) {
    this.#source = source;
    if (coding) this.coding = coding;
    if (foreign) this.foreign = foreign;
  }

  // copy gives another content of the same source.
  copy() {
    this.check();
    return new Content(this.#source, this.coding, this.foreign);
  }

  // take gives text or bytes, which the caller must not change, and uses the content up.
  take() {
    this.check();
    this.used = true;
    return this.#decoded();
  }

  // takeEncoded is take without undoing the coding.
  takeEncoded() {
    this.check();
    this.used = true;
    return this.#source;
  }

  takeText() {
    if (this.foreign) {
      throw new TypeError(`The body has the content coding ${this.foreign}, which cannot be undone here: ask the server for gzip or deflate, or read the bytes`);
    }
    const source = this.take();
    return (typeof source === "string" ? source : host.decode("utf-8", source, true, false)).replace(/^\uFEFF/, "");
  }

  takeBytes() {
    return bytesOf(this.take());
  }

  // next gives the bytes to the reader that has locked the content: undefined when there are none left.
  next() {
    if (this.used) return undefined;
    this.used = true;
    const bytes = bytesOf(this.#decoded());
    return bytes.byteLength > 0 ? bytes : undefined;
  }

  check() {
    if (this.used) throw new TypeError("The body has been read already: clone the request or response before you read it");
    if (this.locked) throw new TypeError("The body is locked: a reader of its stream has it");
  }

  #decoded() {
    return this.coding ? new Uint8Array(host.decompress(this.coding, this.#source)) : this.#source;
  }
}

// What most contents have in common costs nothing there.
Object.assign(Content.prototype, {
  used: false, // it has been read, or given up
  locked: false, // a reader has it
  coding: "",
  foreign: "",
});

// bytesOf gives bytes of its own.
const bytesOf = (source) => (typeof source === "string" ? new Uint8Array(host.encode(source)) : source.slice());
