import { URL, URLSearchParams } from "shared";
import { nodeError, wrongType } from "lazy/node_errors";
import { module as punycode } from "lazy/node_punycode";
import { format as formatLegacy, parse, resolve, resolveObject, Url } from "./legacy.js";

function fileURLToPath(url, { windows = false } = {}) {
  const parsed = typeof url === "string" ? new URL(url) : url;
  if (!(parsed instanceof URL)) throw wrongType("path", "a string or a URL", url);
  if (parsed.protocol !== "file:") throw nodeError(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  if (/%2f/i.test(parsed.pathname) || (windows && /%5c/i.test(parsed.pathname))) {
    throw nodeError(TypeError, "ERR_INVALID_FILE_URL_PATH", `File URL path must not include encoded ${windows ? "\\ or " : ""}/ characters`);
  }
  const path = decodeURIComponent(parsed.pathname);
  if (!windows) {
    if (parsed.hostname !== "") throw nodeError(TypeError, "ERR_INVALID_FILE_URL_HOST", 'File URL host must be "localhost" or empty on linger');
    return path;
  }
  const backslashed = path.replaceAll("/", "\\");
  if (parsed.hostname !== "") return `\\\\${parsed.hostname}${backslashed}`;
  if (!/^\\[a-zA-Z]:/.test(backslashed)) throw nodeError(TypeError, "ERR_INVALID_FILE_URL_PATH", "File URL path must be absolute");
  return backslashed.slice(1);
}

const fileEscapes = { "%": "%25", "\\": "%5C", "\n": "%0A", "\r": "%0D", "\t": "%09", "?": "%3F", "#": "%23" };

function pathToFileURL(path, { windows = false } = {}) {
  if (typeof path !== "string") throw wrongType("path", "a string", path);
  const url = new URL("file:///");
  const text = windows ? path.replaceAll("\\", "/") : path;
  const absolute = windows && /^[a-zA-Z]:/.test(text) ? `/${text}` : text;
  url.pathname = (absolute.startsWith("/") ? absolute : `/${absolute}`).replace(/[%\\\n\r\t?#]/g, (c) => fileEscapes[c]);
  return url;
}

// urlToHttpOptions returns a URL in the form of the options of http.request.
function urlToHttpOptions(url) {
  const options = {
    __proto__: null, ...url, protocol: url.protocol, hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"), hash: url.hash,
    search: url.search, pathname: url.pathname, path: `${url.pathname}${url.search}`, href: url.href,
  };
  if (url.port !== "") options.port = Number(url.port);
  if (url.username || url.password) options.auth = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return options;
}

function format(url, options = {}) {
  if (!(url instanceof URL)) return formatLegacy(url);
  const { auth = true, fragment = true, search = true, unicode = false } = options;
  const copy = new URL(url.href);
  if (!auth) copy.username = copy.password = "";
  if (!fragment) copy.hash = "";
  if (!search) copy.search = "";
  return unicode ? copy.href.replace(copy.hostname, punycode.toUnicode(copy.hostname)) : copy.href;
}

// domain converts the host of a URL, and returns "" for one that is not valid.
function domain(text, convert) {
  try {
    return convert(new URL(`http://${text}`).hostname);
  } catch {
    return "";
  }
}

export const module = {
  domainToASCII: (text) => domain(text, (name) => name),
  domainToUnicode: (text) => domain(text, (name) => punycode.toUnicode(name)),
  fileURLToPath,
  format, parse, pathToFileURL, resolve, resolveObject, Url, URL, URLSearchParams, urlToHttpOptions,
};
