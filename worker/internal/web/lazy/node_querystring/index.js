import { lazy, TextDecoder, TextEncoder } from "shared";
import { nodeError } from "lazy/node_errors";

// escape percent-encodes text like encodeURIComponent.
function escape(value) {
  const text = typeof value === "string" ? value : typeof value === "object" ? String(value) : `${value}`;
  if (!text.isWellFormed()) throw nodeError(URIError, "ERR_INVALID_URI", "URI malformed");
  return encodeURIComponent(text);
}

// unescape decodes percent-encoding, and leaves what is not valid.
function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    const bytes = [];
    const source = new TextEncoder().encode(String(text));
    for (let i = 0; i < source.length; i++) {
      const hex = source[i] === 0x25 ? String.fromCharCode(...source.subarray(i + 1, i + 3)) : "";
      if (/^[0-9a-fA-F]{2}$/.test(hex)) {
        bytes.push(Number.parseInt(hex, 16));
        i += 2;
      } else {
        bytes.push(source[i]);
      }
    }
    return new TextDecoder().decode(new Uint8Array(bytes));
  }
}

function primitive(value) {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? `${value}` : "";
  return typeof value === "bigint" || typeof value === "boolean" ? `${value}` : "";
}

function stringify(object, separator = "&", equals = "=", options) {
  if (object === null || typeof object !== "object") return "";
  const encode = options?.encodeURIComponent ?? querystring.escape;
  const encoded = (value) => encode(primitive(value));
  return Object.keys(object)
    .flatMap((key) => [object[key]].flat().map((value) => `${encoded(key)}${equals || "="}${encoded(value)}`))
    .join(separator || "&");
}

function parse(text, separator = "&", equals = "=", options) {
  const result = { __proto__: null };
  if (typeof text !== "string" || text === "") return result;
  const decode = options?.decodeURIComponent ?? querystring.unescape;
  const decoded = (value) => {
    const spaced = value.replaceAll("+", " ");
    try {
      return decode(spaced);
    } catch {
      return unescape(spaced);
    }
  };
  const max = options?.maxKeys ?? 1000;
  const pairs = text.split(separator || "&");
  for (const pair of max > 0 ? pairs.slice(0, max) : pairs) {
    if (pair === "") continue;
    const at = pair.indexOf(equals || "=");
    const key = decoded(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "" : decoded(pair.slice(at + (equals || "=").length));
    if (!(key in result)) result[key] = value;
    else if (Array.isArray(result[key])) result[key].push(value);
    else result[key] = [result[key], value];
  }
  return result;
}

const querystring = { decode: parse, encode: stringify, escape, parse, stringify, unescape, unescapeBuffer: (text) => lazy("node_buffer").Buffer.from(unescape(text)) };

export { querystring as module };
