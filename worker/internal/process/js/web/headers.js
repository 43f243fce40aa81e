import { Headers } from "./native.js";

export { Headers };

// fromPairs converts a flat list of names and values, which have already been checked, to Headers. The values of several cookie fields
// are one list (RFC 9113, section 8.2.3), for which not every runtime has the right separator.
export function fromPairs(flat) {
  const headers = new Headers();
  const cookies = [];
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i].toLowerCase() === "cookie") cookies.push(flat[i + 1]);
    else headers.append(flat[i], flat[i + 1]);
  }
  if (cookies.length > 0) headers.append("cookie", cookies.join("; "));
  return headers;
}

// toPairs does the reverse.
export const toPairs = (headers) => [...headers].flat();

const refuse = {
  value() {
    throw new TypeError("These headers cannot be changed: copy them with new Headers(headers)");
  },
  configurable: true,
};
const immutable = { append: refuse, delete: refuse, set: refuse };

// guard makes headers immutable.
export const guard = (headers) => Object.defineProperties(headers, immutable);
