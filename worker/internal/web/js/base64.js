import { expect } from "./define.js";
import { DOMException } from "./exception.js";
import { host } from "./host.js";

export function btoa(data) {
  expect(arguments.length, 1, "btoa");
  const text = host.btoa(String(data));
  if (text === null) {
    throw new DOMException("btoa expects only characters up to U+00FF: encode other text to bytes first", "InvalidCharacterError");
  }
  return text;
}

export function atob(data) {
  expect(arguments.length, 1, "atob");
  const text = host.atob(String(data));
  if (text === null) {
    throw new DOMException("atob expects correctly encoded base64", "InvalidCharacterError");
  }
  return text;
}
