import { Blob, blobBytes } from "./blob.js";
import { Content } from "./content.js";
import { bytesOf, isBuffer } from "./encoding.js";
import { host } from "./host.js";
import { isLoaded, lazy } from "./lazy.js";
import { URLSearchParams } from "./searchparams.js";

// asText decodes text or bytes as UTF-8 without a byte order mark.
const asText = (whole) => (typeof whole === "string" ? whole : host.decode("utf-8", whole, true, false)).replace(/^\uFEFF/, "");

// copyOf returns a copy of text or bytes as bytes.
const copyOf = (whole) => (typeof whole === "string" ? new Uint8Array(host.encode(whole)) : whole.slice());

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
  const content = streamContent(init);
  if (content) return { content, type: null };
  const form = encodeForm(init);
  if (form) return { content: new Content(form.bytes), type: form.type };
  if (ArrayBuffer.isView(init) || isBuffer(init)) return { content: new Content(bytesOf(init).slice()), type: null };
  const type = init instanceof URLSearchParams ? "application/x-www-form-urlencoded;charset=UTF-8" : plainText;
  return { content: new Content(textOf(init)), type };
}

// streamContent returns the Content of a ReadableStream, and undefined for any other value. Without the bundle of streams there
// are none.
function streamContent(value) {
  if (typeof value !== "object" || !isLoaded("streams")) return undefined;
  const stream = lazy("bodies").readableState(value);
  if (!stream) return undefined;
  const content = Content.ofStream(stream);
  content.check();
  return content;
}

// textOf converts any other value to a string. It throws for an object without its own string representation, and for
// a stream: a body such as "[object Object]" is a mistake.
function textOf(init) {
  const text = `${init}`; // throws for a symbol
  if (typeof init === "object" && (/^\[object .*\]$/.test(text) || init[Symbol.asyncIterator] || typeof init.getReader === "function")) {
    const kind = Object.prototype.toString.call(init).slice(8, -1);
    throw new TypeError(
      `A body must be a string, an ArrayBuffer or a view of one, a Blob, FormData, URLSearchParams or a ReadableStream, but got an object of type ${kind}: ` +
        "convert data with JSON.stringify, and concatenate parts",
    );
  }
  return text.toWellFormed();
}

// bodyContent returns the Content of a request or response, or null if it has no body.
export let bodyContent;

// Body is the superclass of Request and Response.
export class Body {
  #content;

  static {
    bodyContent = (body) => body.#content;
  }

  constructor(content) {
    this.#content = content;
  }

  get body() {
    return this.#content?.stream ?? null;
  }

  get bodyUsed() {
    return this.#content?.used ?? false;
  }

  async text() {
    const content = this.#content;
    if (content === null) return "";
    content.checkText();
    const whole = content.whole();
    return asText(whole instanceof Promise ? await whole : whole);
  }

  async json() {
    return JSON.parse(await this.text());
  }

  async bytes() {
    const content = this.#content;
    if (content === null) return new Uint8Array(0);
    const whole = content.whole();
    return whole instanceof Promise ? new Uint8Array(await whole) : copyOf(whole);
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
