import { nodeError } from "lazy/node_errors";

// The parameters of Punycode (RFC 3492, section 5).
const base = 36;
const tMin = 1;
const tMax = 26;
const skew = 38;
const damp = 700;
const initialBias = 72;
const initialN = 128;
const maxInt = 2 ** 31 - 1;

const fail = (message) => nodeError(RangeError, "ERR_INVALID_ARG_VALUE", message);

// adapt returns the next bias (RFC 3492, section 6.1).
function adapt(delta, points, first) {
  let k = 0;
  let rest = first ? Math.floor(delta / damp) : delta >> 1;
  rest += Math.floor(rest / points);
  for (; rest > ((base - tMin) * tMax) >> 1; k += base) rest = Math.floor(rest / (base - tMin));
  return k + Math.floor(((base - tMin + 1) * rest) / (rest + skew));
}

const threshold = (k, bias) => Math.min(Math.max(k - bias, tMin), tMax);
const digitOf = (c) => (c >= 48 && c <= 57 ? c - 22 : c >= 65 && c <= 90 ? c - 65 : c >= 97 && c <= 122 ? c - 97 : base);
const charOf = (digit) => String.fromCharCode(digit < 26 ? digit + 97 : digit + 22);

function decode(input) {
  const at = Math.max(input.lastIndexOf("-"), 0);
  const output = Array.from(input.slice(0, at), (c) => c.charCodeAt(0));
  if (output.some((c) => c >= 0x80)) throw fail("Illegal input >= 0x80 (not a basic code point)");
  let n = initialN;
  let bias = initialBias;
  let i = 0;
  for (let index = at > 0 ? at + 1 : 0; index < input.length; ) {
    const before = i;
    for (let weight = 1, k = base; ; k += base) {
      const digit = index < input.length ? digitOf(input.charCodeAt(index++)) : base;
      if (digit >= base) throw fail("Invalid input");
      i += digit * weight;
      if (i > maxInt) throw fail("Overflow: input needs wider integers to process");
      const t = threshold(k, bias);
      if (digit < t) break;
      weight *= base - t;
    }
    const length = output.length + 1;
    bias = adapt(i - before, length, before === 0);
    n += Math.floor(i / length);
    i %= length;
    if (n > 0x10ffff) throw fail("Overflow: input needs wider integers to process");
    output.splice(i++, 0, n);
  }
  return String.fromCodePoint(...output);
}

function encode(input) {
  const points = Array.from(input, (c) => c.codePointAt(0));
  const basic = points.filter((c) => c < 0x80);
  let output = String.fromCharCode(...basic) + (basic.length > 0 ? "-" : "");
  let n = initialN;
  let delta = 0;
  let bias = initialBias;
  for (let handled = basic.length; handled < points.length; n++, delta++) {
    const next = Math.min(...points.filter((c) => c >= n));
    delta += (next - n) * (handled + 1);
    if (delta > maxInt) throw fail("Overflow: input needs wider integers to process");
    n = next;
    for (const c of points) {
      if (c < n) delta++;
      if (c !== n) continue;
      let q = delta;
      for (let k = base; ; k += base) {
        const t = threshold(k, bias);
        if (q < t) break;
        output += charOf(t + ((q - t) % (base - t)));
        q = Math.floor((q - t) / (base - t));
      }
      output += charOf(q);
      bias = adapt(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled++;
    }
  }
  return output;
}

// labels converts the labels of a domain or of the domain of an address.
function labels(domain, convert) {
  const at = domain.lastIndexOf("@") + 1;
  return domain.slice(0, at) + domain.slice(at).split(/[.\u3002\uff0e\uff61]/).map(convert).join(".");
}

export const module = {
  decode, encode,
  toASCII: (domain) => labels(domain, (label) => (/[^\0-\x7f]/.test(label) ? `xn--${encode(label)}` : label)),
  toUnicode: (domain) => labels(domain, (label) => (label.startsWith("xn--") ? decode(label.slice(4).toLowerCase()) : label)),
  ucs2: { decode: (text) => Array.from(text, (c) => c.codePointAt(0)), encode: (points) => String.fromCodePoint(...points) },
  version: "2.3.1",
};
