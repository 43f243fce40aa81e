import { Blob, blobBytes } from "./blob.js";
import { Content } from "./content.js";
import { secret } from "./define.js";
import { bytesOf, isBuffer } from "./encoding.js";
import { DOMException } from "./exception.js";
import { URLSearchParams } from "./searchparams.js";
import { contentOf, ReadableStream } from "./stream.js";

const plainText = "text/plain;charset=UTF-8";

// extract turns what scripts give as a body into { content, type } (Fetch Standard, section 5.2). Both are null for no
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
  if (ArrayBuffer.isView(init) || isBuffer(init)) return { content: new Content(bytesOf(init).slice()), type: null };
  const type = init instanceof URLSearchParams ? "application/x-www-form-urlencoded;charset=UTF-8" : plainText;
  return { content: new Content(textOf(init)), type };
}

// An object becomes its text. One that has no text of its own, or is a stream, would be a body that is wrong.
function textOf(init) {
  const text = `${init}`; // which throws for a symbol
  if (typeof init === "object" && (/^\[object .*\]$/.test(text) || init[Symbol.asyncIterator] || typeof init.getReader === "function")) {
    const kind = Object.prototype.toString.call(init).slice(8, -1);
    throw new TypeError(
      `A body is text, an ArrayBuffer or a view of one, a Blob, URLSearchParams or the body of a Request or Response, but got an object of the kind ${kind}: ` +
        "turn data into text with JSON.stringify, and join what comes in parts",
    );
  }
  return text.toWellFormed();
}

// bodyContent gives the content of a request or response, null where there is no body.
export let bodyContent;

// Body is what requests and responses have in common. A body is whole when the script sees it.
export class Body {
  #content;
  #stream; // made when it is asked for

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
    throw new DOMException("formData() is not there: read the body with text(), and forms with new URLSearchParams(text)", "NotSupportedError");
  }
}
