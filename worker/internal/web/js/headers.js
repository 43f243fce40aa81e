import { expect, tag } from "./define.js";
import { iterable } from "./pairs.js";
import { isToken, tokenCharacters } from "./token.js";

const padded = /^[\t\n\r ]|[\t\n\r ]$/;
const padding = /^[\t\n\r ]+|[\t\n\r ]+$/g;
const forbidden = /[\0\r\n]|[^\0-\xff]/;

// fromPairs converts a flat list of names and values, which have already been checked, to Headers. toPairs does the
// reverse. guard(headers, kind) sets the guard: "immutable" for received headers, which scripts cannot change, or "none".
export let fromPairs, toPairs, guard;

let sortedOf;

export class Headers {
  #lists = new Map(); // the values by lower-case name
  #immutable = false;
  #order; // the cached result of #sorted, or undefined

  static {
    fromPairs = (flat) => {
      const headers = new Headers();
      for (let i = 0; i < flat.length; i += 2) headers.#push(flat[i].toLowerCase(), flat[i + 1]);
      return headers;
    };
    toPairs = (headers) => headers.#sorted().flat();
    sortedOf = (headers) => headers.#sorted();
    guard = (headers, kind) => {
      headers.#immutable = kind === "immutable";
      return headers;
    };
  }

  constructor(init = undefined) {
    if (init === undefined) return;
    if ((typeof init !== "object" && typeof init !== "function") || init === null) {
      throw new TypeError("Headers expects Headers, pairs of a name and a value, or an object");
    }
    for (const [name, value] of pairsOf(init)) this.append(name, value);
  }

  append(name, value) {
    expect(arguments.length, 2, "Headers.append");
    const [key, text] = [this.#changing(name), valueOf(value)];
    this.#push(key, text);
  }

  delete(name) {
    expect(arguments.length, 1, "Headers.delete");
    this.#lists.delete(this.#changing(name));
    this.#order = undefined;
  }

  get(name) {
    expect(arguments.length, 1, "Headers.get");
    const key = nameOf(name);
    return this.#lists.get(key)?.join(separatorOf(key)) ?? null;
  }

  getSetCookie() {
    return [...(this.#lists.get("set-cookie") ?? [])];
  }

  has(name) {
    expect(arguments.length, 1, "Headers.has");
    return this.#lists.has(nameOf(name));
  }

  set(name, value) {
    expect(arguments.length, 2, "Headers.set");
    const [key, text] = [this.#changing(name), valueOf(value)];
    this.#lists.set(key, [text]);
    this.#order = undefined;
  }

  // sorted returns [name, value] for each name in order. Set-Cookie has an entry for each value, because a value may contain
  // a comma (Fetch Standard, section 2.2.2).
  #sorted() {
    this.#order ??= [...this.#lists.keys()].sort().flatMap((name) => {
      const values = this.#lists.get(name);
      return name === "set-cookie" ? values.map((value) => [name, value]) : [[name, values.join(separatorOf(name))]];
    });
    return this.#order;
  }

  // changing returns the lower-case name for a method that changes the headers.
  #changing(name) {
    const key = nameOf(name);
    if (this.#immutable) throw new TypeError("These headers cannot be changed: copy them with new Headers(headers)");
    return key;
  }

  #push(name, value) {
    const values = this.#lists.get(name);
    if (values) values.push(value);
    else this.#lists.set(name, [value]);
    this.#order = undefined;
  }
}

// separatorOf returns the separator for the values of a field: a comma, but a semicolon for Cookie (RFC 6265, section 5.4),
// of which a client may send several fields (RFC 9113, section 8.2.3).
const separatorOf = (name) => (name === "cookie" ? "; " : ", ");

// checked caches the lower-case form of valid names.
const checked = new Map();
const maxChecked = 256;

// nameOf checks a name and returns it in lower case.
function nameOf(name) {
  const known = checked.get(name);
  if (known !== undefined) return known;
  const text = String(name);
  if (!isToken(text)) {
    throw new TypeError(`${JSON.stringify(text)} is not a header name: ${tokenCharacters} are allowed`);
  }
  const lower = text.toLowerCase();
  if (checked.size < maxChecked && text === name && text.length < 64) checked.set(text, lower);
  return lower;
}

// valueOf checks a value and returns it without white space at its ends.
function valueOf(value) {
  const text = `${value}`; // throws for a symbol
  const trimmed = padded.test(text) ? text.replace(padding, "") : text;
  if (forbidden.test(trimmed)) {
    throw new TypeError(`${JSON.stringify(trimmed)} is not a header value: line breaks, NUL and characters above U+00FF are not allowed`);
  }
  return trimmed;
}

// pairsOf returns [name, value] for each entry of the argument of the constructor.
function pairsOf(init) {
  if (init[Symbol.iterator] == null) {
    return Reflect.ownKeys(init)
      .filter((key) => Object.prototype.propertyIsEnumerable.call(init, key))
      .map((key) => [key, init[key]]);
  }
  return Array.from(init, (item) => {
    const pair = typeof item === "object" && item !== null ? [...item] : [];
    if (pair.length !== 2) throw new TypeError("Headers expects pairs of a name and a value");
    return pair;
  });
}

iterable(Headers, sortedOf);
tag(Headers);
