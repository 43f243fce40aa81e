import { bytesOf, isBuffer } from "./encoding.js";
import { host } from "./host.js";
import { URLSearchParams } from "./searchparams.js";

// extract turns what scripts give as a body into { source, type }: source is text, or bytes of its own (Fetch Standard,
// section 5.2).
export function extract(init) {
  if (init === null || init === undefined) return { source: null, type: null };
  if (init instanceof URLSearchParams) {
    return { source: init.toString(), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  if (ArrayBuffer.isView(init) || isBuffer(init)) return { source: bytesOf(init).slice(), type: null };
  return { source: String(init).toWellFormed(), type: "text/plain;charset=UTF-8" };
}

// sourceOf gives a body's text, bytes or null without using it up; take does the same and does use it up.
export let sourceOf, take;

// Body is what requests and responses have in common. A body is whole when the script sees it, so nothing is streamed.
export class Body {
  #source;
  #used = false;

  static {
    sourceOf = (body) => body.#source;
    take = (body) => body.#take();
  }

  constructor(source) {
    this.#source = source;
  }

  get bodyUsed() {
    return this.#used;
  }

  async text() {
    const source = this.#take();
    if (source === null) return "";
    return (typeof source === "string" ? source : host.decode("utf-8", source, true, false)).replace(/^\uFEFF/, "");
  }

  async json() {
    return JSON.parse(await this.text());
  }

  async bytes() {
    const source = this.#take();
    if (typeof source === "string") return new Uint8Array(host.encode(source));
    return source === null ? new Uint8Array(0) : source.slice();
  }

  async arrayBuffer() {
    return (await this.bytes()).buffer;
  }

  #take() {
    if (this.#used) throw new TypeError("The body has been read already: clone() what is to be read twice");
    this.#used = this.#source !== null;
    return this.#source;
  }
}
