import { expect, tag } from "./define.js";
import { host } from "./host.js";
import { iterable } from "./pairs.js";

// attach creates the parameters of a URL, and calls changed with the new query after each change. replace sets the
// parameters after the query of the URL has been changed.
export let attach, replace;

let listOf;

export class URLSearchParams {
  #pairs; // an array of [name, value]
  #changed;

  static {
    attach = (query, changed) => {
      const params = new URLSearchParams(query);
      params.#changed = changed;
      return params;
    };
    listOf = (params) => params.#pairs;
    replace = (params, query) => {
      params.#pairs = parse(query);
    };
  }

  constructor(init = "") {
    this.#pairs = pairsOf(init);
  }

  get size() {
    return this.#pairs.length;
  }

  append(name, value) {
    expect(arguments.length, 2, "URLSearchParams.append");
    this.#pairs.push([text(name), text(value)]);
    this.#update();
  }

  delete(name, value = undefined) {
    expect(arguments.length, 1, "URLSearchParams.delete");
    const hit = matcher(name, value);
    this.#pairs = this.#pairs.filter((pair) => !hit(pair));
    this.#update();
  }

  get(name) {
    expect(arguments.length, 1, "URLSearchParams.get");
    return this.#pairs.find(matcher(name))?.[1] ?? null;
  }

  getAll(name) {
    expect(arguments.length, 1, "URLSearchParams.getAll");
    return this.#pairs.filter(matcher(name)).map((pair) => pair[1]);
  }

  has(name, value = undefined) {
    expect(arguments.length, 1, "URLSearchParams.has");
    return this.#pairs.some(matcher(name, value));
  }

  set(name, value) {
    expect(arguments.length, 2, "URLSearchParams.set");
    const hit = matcher(name);
    const at = this.#pairs.findIndex(hit);
    const pair = [text(name), text(value)];
    if (at < 0) this.#pairs.push(pair);
    else this.#pairs = this.#pairs.flatMap((old, i) => (i === at ? [pair] : hit(old) ? [] : [old]));
    this.#update();
  }

  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#update();
  }

  toString() {
    const parts = [];
    for (let i = 0; i < this.#pairs.length; i += maxPairs) parts.push(host.formatForm(this.#pairs.slice(i, i + maxPairs).flat()));
    return parts.join("&");
  }

  #update() {
    this.#changed?.(this.toString());
  }
}

// text converts a name or value to a string of scalar values, in which a lone surrogate becomes U+FFFD.
const text = (value) => String(value).toWellFormed();

// matcher returns a function that reports whether a pair has a name and, if it is given, a value.
function matcher(name, value) {
  const wanted = text(name);
  if (value === undefined) return (pair) => pair[0] === wanted;
  const exact = text(value);
  return (pair) => pair[0] === wanted && pair[1] === exact;
}

// Long lists are passed to Go and back in parts of about this size.
const maxPairs = 16384;
const maxText = 65536;

function parse(query) {
  const pairs = [];
  for (let start = 0; start < query.length; ) {
    const end = query.length - start > maxText ? query.indexOf("&", start + maxText) : -1;
    const flat = host.parseForm(end < 0 ? query.slice(start) : query.slice(start, end));
    for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i], flat[i + 1]]);
    start = end < 0 ? query.length : end + 1;
  }
  return pairs;
}

// pairsOf returns [name, value] for each entry of the argument of the constructor.
function pairsOf(init) {
  if ((typeof init !== "object" && typeof init !== "function") || init === null) {
    return parse(String(init).replace(/^\?/, ""));
  }
  if (init[Symbol.iterator] == null) {
    const record = new Map(); // names that are equal after the conversion are one entry
    for (const key of Reflect.ownKeys(init)) {
      if (Object.prototype.propertyIsEnumerable.call(init, key)) record.set(text(key), text(init[key]));
    }
    return [...record];
  }
  return Array.from(init, (item) => {
    const pair = typeof item === "object" && item !== null ? [...item] : [];
    if (pair.length !== 2) throw new TypeError("URLSearchParams expects pairs of a name and a value");
    return pair.map(text);
  });
}

iterable(URLSearchParams, listOf);
tag(URLSearchParams);
