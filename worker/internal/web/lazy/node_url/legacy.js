import { checkString, nodeError, wrongType } from "lazy/node_errors";
import { module as punycode } from "lazy/node_punycode";
import { module as querystring } from "lazy/node_querystring";

// The older interface of Node, which accepts relative URLs.

const fields = ["protocol", "slashes", "auth", "host", "port", "hostname", "hash", "search", "query", "pathname", "path", "href"];
const slashed = new Set(["http:", "https:", "ftp:", "gopher:", "file:", "ws:", "wss:"]);
const withoutHost = new Set(["javascript:"]);

export function Url() {
  for (const field of fields) this[field] = null;
}

const escaped = /[\t\n\r "'<>\\^`{|}]/g;
const escapeChar = (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

export function parse(url, parseQuery = false, slashesDenoteHost = false) {
  if (url instanceof Url) return url;
  checkString(url, "url");
  const result = new Url();
  let rest = url.trim();
  const queryAt = rest.search(/[?#]/);
  rest = queryAt < 0 ? rest.replaceAll("\\", "/") : rest.slice(0, queryAt).replaceAll("\\", "/") + rest.slice(queryAt);

  const protocol = /^[a-z0-9.+-]+:/i.exec(rest)?.[0];
  if (protocol) {
    result.protocol = protocol.toLowerCase();
    rest = rest.slice(protocol.length);
  }
  const slashes = rest.startsWith("//") && (slashesDenoteHost || protocol !== undefined || /^\/\/[^@/]+@[^@/]+/.test(rest));
  if (slashes && !withoutHost.has(result.protocol)) {
    rest = rest.slice(2);
    result.slashes = true;
  }
  if (result.slashes || (protocol && !slashed.has(result.protocol) && !withoutHost.has(result.protocol))) rest = authority(result, rest);

  if (!withoutHost.has(result.protocol)) rest = rest.replace(escaped, escapeChar);
  const hashAt = rest.indexOf("#");
  if (hashAt >= 0) {
    result.hash = rest.slice(hashAt);
    rest = rest.slice(0, hashAt);
  }
  const searchAt = rest.indexOf("?");
  if (searchAt >= 0) {
    result.search = rest.slice(searchAt);
    result.query = parseQuery ? querystring.parse(result.search.slice(1)) : result.search.slice(1);
    rest = rest.slice(0, searchAt);
  } else if (parseQuery) {
    result.search = null;
    result.query = { __proto__: null };
  }
  if (rest !== "") result.pathname = rest;
  if (slashed.has(result.protocol) && result.hostname && !result.pathname) result.pathname = "/";
  if (result.pathname || result.search) result.path = `${result.pathname ?? ""}${result.search ?? ""}`;
  result.href = format(result);
  return result;
}

// authority parses credentials, host and port at the beginning of a text, and returns the rest.
function authority(result, text) {
  const region = text.slice(0, text.search(/[/?#]|$/));
  const at = region.lastIndexOf("@");
  if (at >= 0) result.auth = decodeURIComponent(region.slice(0, at));
  let name = region.slice(at + 1);
  name = name.slice(0, name.search(/[\t\n\r "%';<>\\^`{|}]|$/));
  const rest = text.slice(at + 1 + name.length);
  const port = /:(\d*)$/.exec(name);
  if (port) {
    if (port[1] !== "") result.port = port[1];
    name = name.slice(0, -port[0].length);
  }
  const address = /^\[(.*)\]$/.exec(name);
  if (!address && /[[\]]/.test(name)) throw nodeError(TypeError, "ERR_INVALID_URL", "Invalid URL");
  result.hostname = address ? address[1].toLowerCase() : punycode.toASCII(name.toLowerCase());
  result.host = `${address ? `[${result.hostname}]` : result.hostname}${result.port === null ? "" : `:${result.port}`}`;
  return rest;
}

export function format(url) {
  if (typeof url === "string") return parse(url).href;
  if (typeof url !== "object" || url === null) throw wrongType("urlObject", "an object or a string", url);
  let protocol = url.protocol || "";
  if (protocol && !protocol.endsWith(":")) protocol += ":";
  const auth = url.auth ? `${encodeURIComponent(url.auth).replaceAll("%3A", ":")}@` : "";
  let place = "";
  if (url.host) place = auth + url.host;
  else if (url.hostname) {
    place = `${auth}${url.hostname.includes(":") && !url.hostname.startsWith("[") ? `[${url.hostname}]` : url.hostname}${url.port ? `:${url.port}` : ""}`;
  }
  const query = url.query !== null && typeof url.query === "object" ? querystring.stringify(url.query) : "";
  let search = url.search || (query && `?${query}`);
  let pathname = (url.pathname || "").replace(/[?#]/g, encodeURIComponent);
  if (url.slashes || (slashed.has(protocol) && place)) {
    if (pathname && pathname[0] !== "/") pathname = `/${pathname}`;
    place = `//${place}`;
  }
  let hash = url.hash || "";
  if (hash && hash[0] !== "#") hash = `#${hash}`;
  if (search && search[0] !== "?") search = `?${search}`;
  return `${protocol}${place}${pathname}${search.replaceAll("#", "%23")}${hash}`;
}

export const resolve = (from, to) => resolveObject(from, to).href;

export function resolveObject(from, to) {
  const base = parse(from, false, true);
  const target = parse(to, false, true);
  const result = Object.assign(new Url(), base, { hash: target.hash });
  const done = () => {
    result.path = result.pathname || result.search ? `${result.pathname ?? ""}${result.search ?? ""}` : null;
    result.href = format(result);
    return result;
  };
  if (target.href === "") return done();
  if (target.protocol && (target.protocol !== base.protocol || target.slashes || !slashed.has(target.protocol))) {
    Object.assign(result, target);
    return done();
  }
  if (target.slashes && target.host) {
    Object.assign(result, target, { protocol: base.protocol });
    result.pathname = target.pathname ?? (slashed.has(base.protocol) ? "/" : null);
    return done();
  }
  result.search = target.search;
  result.query = target.query;
  if (!target.pathname) {
    if (target.search === null) Object.assign(result, { search: base.search, query: base.query });
    return done();
  }
  const absolute = target.pathname.startsWith("/") || base.pathname?.startsWith("/") || Boolean(base.host);
  const parts = target.pathname.startsWith("/") ? [] : (base.pathname ?? "").split("/").slice(0, -1);
  const path = [];
  const all = [...parts, ...target.pathname.split("/")];
  for (const part of all) {
    if (part === ".." && path.length > 0 && path.at(-1) !== ".." && path.at(-1) !== "") path.pop();
    else if (part === ".." && !absolute) path.push(part);
    else if (part !== "." && part !== ".." && (part !== "" || path.length > 0)) path.push(part);
  }
  if ([".", ".."].includes(all.at(-1)) && path.at(-1) !== "") path.push("");
  result.pathname = (absolute ? "/" : "") + path.join("/");
  return done();
}
