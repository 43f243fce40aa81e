import { host } from "shared";
import { nodeError, wrongType } from "lazy/node_errors";

const names = {
  utf8: "utf8", "utf-8": "utf8", hex: "hex", ascii: "ascii", latin1: "latin1", binary: "latin1", base64: "base64", base64url: "base64url",
  utf16le: "utf16le", "utf-16le": "utf16le", ucs2: "utf16le", "ucs-2": "utf16le",
};

// normalize returns the name of an encoding, or undefined for an unknown one.
export function normalize(encoding) {
  if (encoding === undefined || encoding === null || encoding === "") return "utf8";
  return names[encoding] ?? names[String(encoding).toLowerCase()];
}

export function encodingOf(encoding) {
  const name = normalize(encoding);
  if (name === undefined) throw nodeError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
  return name;
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const chunk = 4096; // arguments of a call

// bytesIn returns the bytes of a text in an encoding, as a Uint8Array.
export function bytesIn(encoding, text) {
  if (encoding === "utf8") return new Uint8Array(host.encode(text));
  if (encoding !== "utf16le" && encoding !== "latin1" && encoding !== "ascii" || text.isWellFormed()) {
    return new Uint8Array(host.bufferBytes(encoding, text));
  }
  // Half of a surrogate pair cannot be passed to Go.
  const units = Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  if (encoding !== "utf16le") return Uint8Array.from(units);
  return swapped(new Uint8Array(units.buffer));
}

// textIn returns the text that bytes encode.
export function textIn(encoding, bytes) {
  if (bytes.length === 0) return "";
  if (encoding !== "utf16le") return host.bufferText(encoding, bytes);
  const copy = swapped(new Uint8Array(bytes).subarray(0, bytes.length & ~1));
  const units = new Uint16Array(copy.buffer, 0, copy.length / 2);
  let text = "";
  for (let i = 0; i < units.length; i += chunk) text += String.fromCharCode.apply(null, units.subarray(i, i + chunk));
  return text;
}

// swapped swaps the bytes of UTF-16 on a computer that is not little-endian.
function swapped(bytes) {
  if (!littleEndian) for (let i = 0; i + 1 < bytes.length; i += 2) [bytes[i], bytes[i + 1]] = [bytes[i + 1], bytes[i]];
  return bytes;
}

// byteLength returns the number of bytes of a text in an encoding.
export function byteLength(text, encoding) {
  switch (normalize(encoding) ?? "utf8") {
    case "latin1":
    case "ascii":
      return text.length;
    case "utf16le":
      return text.length * 2;
    case "hex":
      return text.length >>> 1;
    case "base64":
    case "base64url": {
      const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
      return ((text.length - padding) * 3) >>> 2;
    }
  }
  return host.encode(text).byteLength;
}

export function checkText(text) {
  if (typeof text !== "string") throw wrongType("string", "a string", text);
}
