import { expect, tag } from "./define.js";
import { host } from "./host.js";
import { lazy } from "./lazy.js";
import { attach, replace, URLSearchParams } from "./searchparams.js";

// The parts of a URL in the order of host.parseURL.
const parts = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash", "origin"];
const searchPart = parts.indexOf("search");

let partOf, setPart;

export class URL {
  #parts;
  #searchParams;

  static {
    partOf = (url, i) => url.#parts[i];
    setPart = (url, i, value) => url.#set(parts[i], value);
  }

  constructor(url, base = undefined) {
    expect(arguments.length, 1, "new URL");
    this.#parts = parse(url, base);
    if (typeof this.#parts === "string") throw new TypeError(this.#parts);
  }

  static parse(url, base = undefined) {
    expect(arguments.length, 1, "URL.parse");
    return URL.canParse(url, base) ? new URL(url, base) : null;
  }

  static canParse(url, base = undefined) {
    expect(arguments.length, 1, "URL.canParse");
    return typeof parse(url, base) !== "string";
  }

  static createObjectURL(blob) {
    expect(arguments.length, 1, "URL.createObjectURL");
    return lazy("schemes").createObjectURL(blob);
  }

  static revokeObjectURL(url) {
    expect(arguments.length, 1, "URL.revokeObjectURL");
    lazy("schemes").revokeObjectURL(url);
  }

  get searchParams() {
    this.#searchParams ??= attach(this.#parts[searchPart], (query) => {
      this.#parts = host.setURL(this.#parts[0], "search", query);
    });
    return this.#searchParams;
  }

  toString() {
    return this.#parts[0];
  }

  toJSON() {
    return this.#parts[0];
  }

  #set(name, value) {
    const changed = host.setURL(this.#parts[0], name, String(value));
    if (typeof changed === "string") throw new TypeError(changed);
    const query = this.#parts[searchPart];
    this.#parts = changed;
    if (this.#searchParams && query !== changed[searchPart]) replace(this.#searchParams, changed[searchPart].slice(1));
  }
}

// parse returns the parts of a URL, or a string with the error.
function parse(url, base) {
  return base === undefined ? host.parseURL(String(url)) : host.parseURL(String(url), String(base));
}

parts.forEach((name, i) => {
  const accessor = Object.getOwnPropertyDescriptor(
    {
      get [name]() {
        return partOf(this, i);
      },
      set [name](value) {
        setPart(this, i, value);
      },
    },
    name,
  );
  if (name === "origin") delete accessor.set;
  Object.defineProperty(URL.prototype, name, accessor);
});
tag(URL);
export { URLSearchParams };
