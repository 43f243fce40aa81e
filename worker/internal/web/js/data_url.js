import { host } from "./host.js";
import { isToken } from "./token.js";

const defaultType = "text/plain;charset=US-ASCII";

// fetchData returns { type, bytes } of a data: URL, or undefined if the URL is invalid (Fetch Standard, section 6).
export function fetchData(href) {
  const [url] = href.split("#", 1);
  const comma = url.indexOf(",");
  if (comma < 0) return undefined;
  const given = url.slice("data:".length, comma).trim();
  const type = given.replace(/ *; *base64$/i, "");
  const bytes = percentDecode(url.slice(comma + 1));
  if (type === given) return { type: typeOf(type), bytes };
  const text = host.atob(host.decode("windows-1252", bytes, true, false));
  return text === null ? undefined : { type: typeOf(type), bytes: Uint8Array.from(text, (c) => c.charCodeAt(0)) };
}

// typeOf adds text/plain to parameters without a type, and replaces an invalid type by the default.
function typeOf(type) {
  const whole = type.startsWith(";") ? "text/plain" + type : type;
  const essence = whole.split(";", 1)[0].replace(/ +$/, "");
  const slash = essence.indexOf("/");
  return isToken(essence.slice(0, Math.max(slash, 0))) && isToken(essence.slice(slash + 1)) ? whole : defaultType;
}

// percentDecode decodes %XX in an ASCII text, such as a URL, to bytes.
function percentDecode(text) {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const hex = text[i] === "%" ? /^[0-9a-f]{2}$/i.exec(text.slice(i + 1, i + 3)) : null;
    bytes[length++] = hex ? Number.parseInt(hex[0], 16) : text.charCodeAt(i);
    if (hex) i += 2;
  }
  return bytes.subarray(0, length);
}
