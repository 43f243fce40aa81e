import { Blob, blobBytes } from "./blob.js";
import { Content } from "./content.js";
import { secret } from "./define.js";
import { bytesOf, isBuffer } from "./encoding.js";
import { URLSearchParams } from "./searchparams.js";
import { contentOf, ReadableStream } from "./stream.js";
import { lazy } from "./lazy.js";

const plainText = "text/plain;charset=UTF-8";

// encodeForm converts a FormData to { bytes, type }, and returns undefined for any other value. The bundle that defines the
// class sets it.
let encodeForm = () => undefined;
export function setFormEncoder(encode) {
  encodeForm = encode;
}

// extract converts a BodyInit of a script to { content, type } (Fetch Standard, section 5.2). Both are null if there is no
// body.
export function extract(init) {
  if (init === null || init === undefined) return { content: null, type: null };
  if (typeof init === "string") return { content: new Content(init.toWellFormed()), type: plainText };
  const blob = blobBytes(init);
  if (blob) return { content: new Content(blob), type: init.type || null };
  const content = contentOf(init);
  if (content) {
    content.check();
    return { content, stream: init, type: null };
  }
  const form = encodeForm(init);
  if (form) return { content: new Content(form.bytes), type: form.type };
  if (ArrayBuffer.isView(init) || isBuffer(init)) return { content: new Content(bytesOf(init).slice()), type: null };
  const type = init instanceof URLSearchParams ? "application/x-www-form-urlencoded;charset=UTF-8" : plainText;
  return { content: new Content(textOf(init)), type };
}

// textOf converts any other value to a string. It throws for an object without its own string representation, and for
// a stream: a body such as "[object Object]" is a mistake.
function textOf(init) {
  const text = `${init}`; // throws for a symbol
  if (typeof init === "object" && (/^\[object .*\]$/.test(text) || init[Symbol.asyncIterator] || typeof init.getReader === "function")) {
    const kind = Object.prototype.toString.call(init).slice(8, -1);
    throw new TypeError(
      `A body must be a string, an ArrayBuffer or a view of one, a Blob, FormData, URLSearchParams or the body of a Request or Response, but got an object of type ${kind}: ` +
        "convert data with JSON.stringify, and concatenate parts",
    );
  }
  return text.toWellFormed();
}

// bodyContent returns the Content of a request or response, or null if it has no body.
export let bodyContent;

// Body is the superclass of Request and Response. A body is complete before the script gets it.
export class Body {
  #content;
  #stream; // created when it is first read

  static {
    bodyContent = (body) => body.#content;
  }

  constructor(content, stream) {
    this.#content = content;
    this.#stream = stream;
  }

  get body() {
    if (this.#content === null) return null;
    this.#stream ??= new ReadableStream(secret, this.#content);
    return this.#stream;
  }

  get bodyUsed() {
    return this.#content?.used ?? false;
  }

  async text() {
    return this.#content?.takeText() ?? "";
  }

  async json() {
    return JSON.parse(await this.text());
  }

  async bytes() {
    return this.#content?.takeBytes() ?? new Uint8Array(0);
  }

  async arrayBuffer() {
    return (await this.bytes()).buffer;
  }

  async blob() {
    return new Blob([await this.bytes()], { type: this.headers.get("content-type") ?? "" });
  }

  async formData() {
    const type = this.headers.get("content-type");
    return lazy("formdata").parse(type ?? "", await this.bytes());
  }
}
