import { knownBytes } from "./blob.js";
import { Content, isWhole } from "./content.js";
import { bytesOf, isBuffer } from "./encoding.js";

const sources = new WeakMap(); // of requests and responses whose content is known: { source, stream }
const streams = new WeakMap(); // the streams of such bodies: { source, body }
const taken = new WeakSet(); // requests and responses whose content was taken without reading their streams

const maxKnown = 1 << 20; // the bytes of larger bodies are not kept a second time

// setSource records what the body of a request or response consists of: text, bytes that nothing changes, or a body that Linger
// receives and nothing reads before the stream of the body is read. stream returns that stream, or null if there is none yet.
export const setSource = (body, source, stream = () => body.body) => void sources.set(body, { source, stream });
export const forgetSource = (body) => void sources.delete(body);

// setStreamSource records the source of the stream of a body, which may become the body of another request or response.
export const setStreamSource = (body, source) => void streams.set(body.body, { source, body });

// sourceOfStream returns the source of a stream that nothing has read, or undefined if it is not known.
function sourceOfStream(stream) {
  const known = streams.get(stream);
  return known === undefined || stream.locked || known.body.bodyUsed ? undefined : known.source;
}

// takeStreamSource returns the text or the bytes of a stream that nothing has read, and uses up the stream, or undefined if they are not known.
export function takeStreamSource(stream) {
  const source = sourceOfStream(stream);
  if (source === undefined || !isWhole(source)) return undefined;
  stream.cancel();
  return source;
}

const plainText = "text/plain;charset=UTF-8";

// In Node a body has its stream from the start. Elsewhere it is made when it is read, and takes time then.
const hasStream = !globalThis.Bun && !globalThis.Deno;

// setInit records the argument of a constructor as the source of a body.
export function setInit(body, init) {
  if (init === undefined || init === null) return;
  const source = sourceOf(init);
  if (source === undefined) return;
  if (typeof init === "string" && !body.headers.has("content-type")) body.headers.set("content-type", plainText); // Bun does not set it
  setSource(body, source);
  if (hasStream && isWhole(source)) setStreamSource(body, source);
}

// sourceOf returns the source of a body that is made of the argument of a constructor, or undefined if it is not known.
function sourceOf(init) {
  if (typeof init === "string") return init.toWellFormed();
  if (init instanceof ReadableStream) return sourceOfStream(init);
  if (init instanceof URLSearchParams) return String(init);
  if (isBuffer(init) || ArrayBuffer.isView(init)) return init.byteLength <= maxKnown ? bytesOf(init).slice() : undefined;
  return knownBytes(init);
}

// bodyContent returns the Content of a request or response, or null if it has no body.
export function bodyContent(body) {
  const known = sources.get(body);
  if (known) return new BodyContent(known.source, body, known.stream);
  const { body: stream } = body;
  return stream === null ? null : new BodyContent(stream, body, () => stream);
}

export const isTaken = (body) => taken.has(body);

// wholeOf returns the bytes or the text of a body that nothing reads as a stream, or a promise of bytes, and marks the body as used.
export function wholeOf(body) {
  const content = bodyContent(body);
  if (content === null) return "";
  const source = content.take();
  return isWhole(source) ? source : source.whole();
}

class BodyContent extends Content {
  #body;
  #streamOf;

  constructor(source, body, streamOf) {
    super(source);
    this.#body = body;
    this.#streamOf = streamOf;
  }

  // copy returns a Content with the same text or bytes.
  copy() {
    return new Content(super.take());
  }

  // take returns the source, and marks the body as used.
  take() {
    const source = super.take();
    const body = this.#body;
    if (body.bodyUsed || taken.has(body)) throw new TypeError("The body has already been read: clone the request or response before reading it");
    if (this.#streamOf()?.locked) throw new TypeError("The body is locked by a reader of its stream");
    if (!(source instanceof ReadableStream)) taken.add(body);
    return source;
  }
}
