import { atob, Blob, btoa, bytesOf, File, host, isBuffer } from "shared";
import { checkInteger, nodeError, wrongType } from "lazy/node_errors";
import { Buffer, FastBuffer, maxLength } from "./buffer.js";
import { bytesIn, normalize, textIn } from "./encodings.js";
import "./search.js";
import "./integers.js";
import "./floats.js";

const transcodable = new Set(["utf8", "utf16le", "latin1", "ascii"]);

function transcode(source, from, to) {
  const [input, output] = [normalize(from), normalize(to)];
  if (!transcodable.has(input) || !transcodable.has(output)) {
    throw nodeError(Error, "U_ILLEGAL_ARGUMENT_ERROR", "Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]");
  }
  let text = textIn(input, bytesOf(source));
  if (output === "latin1" || output === "ascii") text = Array.from(text, (c) => (c.codePointAt(0) > (output === "ascii" ? 0x7f : 0xff) ? "?" : c)).join("");
  const bytes = bytesIn(output, text);
  return new FastBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const viewOf = (input) => {
  if (!ArrayBuffer.isView(input) && !isBuffer(input)) throw wrongType("input", "an ArrayBuffer or a view of one", input);
  return bytesOf(input);
};

// SlowBuffer is a former name of Buffer.allocUnsafeSlow.
function SlowBuffer(size) {
  checkInteger(size, "size", 0, maxLength);
  return Buffer.allocUnsafeSlow(size);
}
SlowBuffer.prototype = Buffer.prototype;

export { Buffer, normalize };
export const module = {
  atob, Blob, btoa, Buffer, File, SlowBuffer, transcode,
  constants: { MAX_LENGTH: maxLength, MAX_STRING_LENGTH: 2 ** 29 - 24 },
  INSPECT_MAX_BYTES: 50,
  isAscii: (input) => viewOf(input).every((byte) => byte < 0x80),
  isUtf8: (input) => host.isUTF8(viewOf(input)),
  kMaxLength: maxLength,
  kStringMaxLength: 2 ** 29 - 24,
};
