import { describeBy, tag } from "shared";
import * as canonical from "./canonical.js";
import { parseConstructorString } from "./constructor_string.js";
import { components, processInit, toInit } from "./init.js";
import { compile, format, parse } from "./parts.js";

// Component is the compiled pattern of one component (URL Pattern Standard, section 1.3).
class Component {
  constructor(pattern, encode, options) {
    const parts = parse(pattern, options, encode);
    try {
      Object.assign(this, compile(parts, options));
    } catch (error) {
      throw new TypeError(`the pattern "${pattern}" is not valid: ${error.message}`);
    }
    this.pattern = format(parts, options);
    this.hasRegExpGroups = parts.some(({ type }) => type === "regexp");
  }

  // groups returns the values of groups by name, or null if an input does not match.
  groups(input) {
    const found = this.regexp.exec(input);
    return found && Object.fromEntries(this.names.map((name, i) => [name, found[i + 1]]));
  }

  get matchesSpecial() {
    return [...canonical.special.keys()].some((scheme) => this.regexp.test(scheme));
  }
}

const plain = { delimiter: "", prefix: "" };
const ofHostname = { delimiter: ".", prefix: "" };
const ofPathname = { delimiter: "/", prefix: "/" };

const isIPv6 = (hostname) => /^(\[|\{\[|\\\[)/.test(hostname) && hostname.length > 1;

export class URLPattern {
  #components;

  constructor(input = {}, baseURL = undefined, options = undefined) {
    const isBase = arguments.length > 2 || (baseURL !== undefined && baseURL !== null && typeof baseURL !== "object");
    const base = isBase && baseURL !== undefined ? String(baseURL).toWellFormed() : undefined;
    this.#components = compileAll(toPattern(input, base), Boolean((isBase ? options : baseURL)?.ignoreCase));
  }

  test(input = {}, baseURL = undefined) {
    return this.#match(input, baseURL) !== null;
  }

  exec(input = {}, baseURL = undefined) {
    return this.#match(input, baseURL);
  }

  get protocol() {
    return this.#components.protocol.pattern;
  }
  get username() {
    return this.#components.username.pattern;
  }
  get password() {
    return this.#components.password.pattern;
  }
  get hostname() {
    return this.#components.hostname.pattern;
  }
  get port() {
    return this.#components.port.pattern;
  }
  get pathname() {
    return this.#components.pathname.pattern;
  }
  get search() {
    return this.#components.search.pattern;
  }
  get hash() {
    return this.#components.hash.pattern;
  }
  get hasRegExpGroups() {
    return components.some((name) => this.#components[name].hasRegExpGroups);
  }

  // match implements exec (URL Pattern Standard, section 1.5).
  #match(input, baseURL) {
    const compiled = this.#components;
    const base = baseURL === undefined ? undefined : String(baseURL).toWellFormed();
    const isInit = typeof input === "object" || typeof input === "function";
    const given = isInit ? toInit(input) : String(input).toWellFormed();
    if (isInit && base !== undefined) throw new TypeError("URLPattern expects no base URL with an object");
    let values;
    try {
      values = isInit ? processInit(given, false) : canonical.parts(given, base);
    } catch {
      return null;
    }
    const result = { inputs: base === undefined ? [given] : [given, base] };
    for (const name of components) {
      const groups = compiled[name].groups(values[name]);
      if (groups === null) return null;
      result[name] = { input: values[name], groups };
    }
    return result;
  }
}

// toPattern returns the patterns of the components that the constructor's arguments have.
function toPattern(input, base) {
  if (typeof input === "object" || typeof input === "function") {
    if (base !== undefined) throw new TypeError("URLPattern expects no base URL with an object");
    return processInit(toInit(input), true);
  }
  const init = parseConstructorString(String(input).toWellFormed(), (protocol) => new Component(protocol, canonical.protocol, plain).matchesSpecial);
  if (base !== undefined) init.baseURL = base;
  else if (init.protocol === undefined) throw new TypeError(`URLPattern expects a base URL for the pattern "${input}", which has no protocol`);
  return processInit(init, true);
}

// compileAll compiles the components. Those that are missing match everything.
function compileAll(patterns, ignoreCase) {
  const of = (name) => patterns[name] ?? "*";
  const isDefaultPort = canonical.special.get(of("protocol")) === of("port");
  const protocol = new Component(of("protocol"), canonical.protocol, plain);
  const isSpecial = protocol.matchesSpecial;
  const hostname = isIPv6(of("hostname")) ? canonical.ipv6Hostname : canonical.hostname;
  const pathname = isSpecial ? canonical.pathname : canonical.opaquePathname;
  return {
    protocol,
    username: new Component(of("username"), canonical.username, plain),
    password: new Component(of("password"), canonical.password, plain),
    hostname: new Component(of("hostname"), (text) => hostname(text), ofHostname),
    port: new Component(isDefaultPort ? "" : of("port"), (text) => canonical.port(text), plain),
    pathname: new Component(of("pathname"), pathname, { ...(isSpecial ? ofPathname : plain), ignoreCase }),
    search: new Component(of("search"), canonical.search, { ...plain, ignoreCase }),
    hash: new Component(of("hash"), canonical.hash, { ...plain, ignoreCase }),
  };
}

tag(URLPattern);
describeBy(URLPattern, ...components, "hasRegExpGroups");
