import * as canonical from "./canonical.js";
import { escapePattern } from "./parts.js";

export const components = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];

// Which other members of a URLPatternInit keep a component from being inherited from the base URL, besides itself.
const precedents = {
  protocol: [],
  username: ["protocol", "hostname", "port"],
  password: ["protocol", "hostname", "port", "username"],
  hostname: ["protocol"],
  port: ["protocol", "hostname"],
  pathname: ["protocol", "hostname", "port"],
  search: ["protocol", "hostname", "port", "pathname"],
  hash: ["protocol", "hostname", "port", "pathname", "search"],
};

// toInit converts an argument to a URLPatternInit.
export function toInit(value) {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError("URLPattern expects a string or an object");
  const init = {};
  for (const name of ["baseURL", "hash", "hostname", "password", "pathname", "port", "protocol", "search", "username"]) {
    const member = value[name];
    if (member !== undefined) init[name] = String(member).toWellFormed();
  }
  return init;
}

// processInit returns the components of an init (URL Pattern Standard, section 3.3). For a pattern they are patterns, and
// what neither the init nor its base URL has is missing; otherwise they are those of a URL, with defaults.
export function processInit(init, isPattern) {
  const result = isPattern ? {} : Object.fromEntries(components.map((name) => [name, ""]));
  let base;
  if (init.baseURL !== undefined) {
    base = canonical.parts(init.baseURL);
    for (const name of components) {
      if (isPattern && (name === "username" || name === "password")) continue;
      if ([...precedents[name], name].some((other) => init[other] !== undefined)) continue;
      result[name] = isPattern ? escapePattern(base[name]) : base[name];
    }
  }
  for (const name of components) {
    if (init[name] === undefined) continue;
    const value = name === "pathname" && base ? resolve(init.pathname, base, isPattern) : withoutDelimiter(name, init[name]);
    result[name] = isPattern ? value : encode(name, value, result.protocol);
  }
  return result;
}

const isAbsolute = (pathname, isPattern) => pathname[0] === "/" || (isPattern && /^[\\{]\//.test(pathname));

// resolve makes a pathname relative to that of a base URL.
function resolve(pathname, base, isPattern) {
  if (base.pathname[0] !== "/" || isAbsolute(pathname, isPattern)) return pathname;
  const path = isPattern ? escapePattern(base.pathname) : base.pathname;
  return path.slice(0, path.lastIndexOf("/") + 1) + pathname;
}

function withoutDelimiter(name, value) {
  if (name === "protocol") return value.replace(/:$/, "");
  if (name === "search") return value.replace(/^\?/, "");
  if (name === "hash") return value.replace(/^#/, "");
  return value;
}

function encode(name, value, protocol) {
  if (name === "pathname" && protocol !== "" && !canonical.special.has(protocol)) return canonical.opaquePathname(value);
  if (name === "port") return canonical.port(value, protocol);
  if (name === "hostname") return canonical.hostname(value, protocol || undefined);
  return canonical[name](value);
}
