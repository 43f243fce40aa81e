import { describeBy, host, optionsOf, tag, TextDecoder } from "shared";
import { apply, conceal, reveal } from "lazy/streams";
import { createTransform } from "lazy/writable_streams";

// TextEncoderStream and TextDecoderStream (Encoding Standard, sections 7.4 and 7.5).

const ENCODER_STREAM = 131;
const DECODER_STREAM = 132;

// Encoder is the transformer of a TextEncoderStream. Text can be split within a surrogate pair.
class Encoder {
  highSurrogate = ""; // the first half of a pair at the end of the last chunk

  transform(chunk, controller) {
    const text = this.highSurrogate + `${chunk}`;
    const last = text.charCodeAt(text.length - 1);
    const split = last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length;
    this.highSurrogate = text.slice(split);
    if (split > 0) controller.enqueue(new Uint8Array(host.encode(text.slice(0, split))));
  }

  flush(controller) {
    if (this.highSurrogate !== "") controller.enqueue(new Uint8Array([0xef, 0xbf, 0xbd])); // U+FFFD
  }
}

export class TextEncoderStream {
  constructor() {
    return conceal(ENCODER_STREAM, new.target.prototype, createTransform(new Encoder()));
  }

  get encoding() {
    reveal(ENCODER_STREAM, this);
    return "utf-8";
  }

  get readable() {
    return reveal(ENCODER_STREAM, this).readable.object;
  }

  get writable() {
    return reveal(ENCODER_STREAM, this).writable.object;
  }
}

const { decode } = TextDecoder.prototype;

// Decoder is the transformer of a TextDecoderStream.
class Decoder {
  constructor(decoder) {
    this.decoder = decoder;
  }

  transform(chunk, controller) {
    if (chunk === undefined) throw new TypeError("A chunk must be an ArrayBuffer or a view of one");
    this.pass(apply(decode, this.decoder, [chunk, { stream: true }]), controller);
  }

  flush(controller) {
    this.pass(apply(decode, this.decoder, []), controller);
  }

  pass(text, controller) {
    if (text !== "") controller.enqueue(text);
  }
}

export class TextDecoderStream {
  constructor(label = "utf-8", options = undefined) {
    const { fatal, ignoreBOM } = optionsOf(options, "new TextDecoderStream");
    const decoder = new TextDecoder(label, { fatal, ignoreBOM });
    const { encoding } = decoder;
    const transform = createTransform(new Decoder(decoder));
    return conceal(DECODER_STREAM, new.target.prototype, { transform, encoding, fatal: Boolean(fatal), ignoreBOM: Boolean(ignoreBOM) });
  }

  get encoding() {
    return reveal(DECODER_STREAM, this).encoding;
  }

  get fatal() {
    return reveal(DECODER_STREAM, this).fatal;
  }

  get ignoreBOM() {
    return reveal(DECODER_STREAM, this).ignoreBOM;
  }

  get readable() {
    return reveal(DECODER_STREAM, this).transform.readable.object;
  }

  get writable() {
    return reveal(DECODER_STREAM, this).transform.writable.object;
  }
}

tag(TextEncoderStream, TextDecoderStream);
describeBy(TextEncoderStream, "encoding", "readable", "writable");
describeBy(TextDecoderStream, "encoding", "fatal", "ignoreBOM", "readable", "writable");
