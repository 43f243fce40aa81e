import { kindOf } from "./inspect_kinds.js";
import { cut, group, keyText, quote, shown } from "./inspect_text.js";

// What is shown of a value, so that a log line stays a log line.
const limits = {
  depth: 2, // levels below the first
  items: 100, // of a list, a map, a set or an object
  text: 10_000, // characters of a text within an object
  total: 64 * 1024, // characters in all
};

// inspect shows a value as node's console does. It calls no getter, and never throws.
export function inspect(value, { depth = limits.depth } = {}) {
  try {
    return cut(new Inspector(depth).show(value, 0), limits.total);
  } catch (error) {
    return `<this value cannot be shown: ${messageOf(error)}>`;
  }
}

function messageOf(error) {
  try {
    return String(error.message);
  } catch {
    return "its own code threw";
  }
}

class Inspector {
  #depth;
  #left = limits.total;
  #path = []; // the objects that the current one is within
  #circular = new Map();

  constructor(depth) {
    this.#depth = depth;
  }

  show(value, level) {
    if (typeof value === "object" && value !== null) return this.#object(value, level);
    const text = this.#simple(value, level);
    this.#left -= text.length;
    return text;
  }

  #simple(value, level) {
    if (typeof value === "function") return this.#function(value, level);
    return typeof value === "string" ? cut(value, limits.text, quote) : shown(value);
  }

  // property shows what a descriptor holds.
  property(descriptor, level) {
    if ("value" in descriptor) return this.show(descriptor.value, level + 1);
    if (!descriptor.set) return "[Getter]";
    return descriptor.get ? "[Getter/Setter]" : "[Setter]";
  }

  // each shows the members of a list, as many as the bounds allow.
  each({ length, at }) {
    const texts = [];
    for (let i = 0; i < length; i++) {
      if (i >= limits.items || this.#left <= 0) {
        texts.push(`... ${length - i} more item${length - i > 1 ? "s" : ""}`);
        break;
      }
      texts.push(at(i));
    }
    return texts;
  }

  #object(value, level) {
    if (this.#path.includes(value)) {
      if (!this.#circular.has(value)) this.#circular.set(value, this.#circular.size + 1);
      return `[Circular *${this.#circular.get(value)}]`;
    }
    const name = nameOf(value);
    if (level > this.#depth && !(value instanceof Error)) return `[${name || "Object: null prototype"}]`;
    const text = this.#within(value, () => this.#content(value, name, level));
    const number = this.#circular.get(value);
    return number === undefined ? text : `<ref *${number}> ${text}`;
  }

  #within(value, show) {
    this.#path.push(value);
    const result = show();
    this.#path.pop();
    return result;
  }

  #content(value, name, level) {
    const kind = kindOf(value);
    const { head, open = "{", close = "}", items = [] } = kind ? kind.show(this, value, name, level) : { head: plainHead(value, name) };
    const all = kind?.sealed ? items : [...items, ...this.#properties(value, level, kind?.indexed)];
    if (all.length === 0 && kind?.bare) return head;
    return (head ? head + " " : "") + group(open, all, close, level);
  }

  // Of a long list only the elements are shown, since finding what else it has takes a look at every key.
  #properties(value, level, indexed = false) {
    if (indexed && value.length > limits.items) return [];
    const isShown = (key) => Object.prototype.propertyIsEnumerable.call(value, key) && !(indexed && isIndex(key));
    const keys = Reflect.ownKeys(value).filter(isShown);
    const at = (i) => {
      const key = keyText(keys[i]);
      this.#left -= key.length;
      return `${key}: ${this.property(Object.getOwnPropertyDescriptor(value, keys[i]), level)}`;
    };
    return this.each({ length: keys.length, at });
  }

  #function(value, level) {
    const name = Object.getOwnPropertyDescriptor(value, "name")?.value;
    const named = typeof name === "string" && name !== "";
    const isClass = Function.prototype.toString.call(value).startsWith("class");
    const kind = isClass ? "class" : nameOf(value) || "Function";
    const head = `[${kind}${named && !isClass ? ":" : ""} ${named ? name : "(anonymous)"}]`;
    if (level > this.#depth || this.#path.includes(value)) return head;
    const properties = this.#within(value, () => this.#properties(value, level));
    return properties.length > 0 ? `${head} ${group("{", properties, "}", level)}` : head;
  }
}

function plainHead(value, name) {
  if (name === "") return "[Object: null prototype]";
  const tag = tagOf(value);
  if (tag !== "" && tag !== name) return `${name} [${tag}]`;
  return name === "Object" ? "" : name;
}

// nameOf gives the name of an object's class, "" for one without a prototype.
function nameOf(value) {
  for (let object = value; object !== null; object = Object.getPrototypeOf(object)) {
    const constructor = Object.getOwnPropertyDescriptor(object, "constructor")?.value;
    if (typeof constructor === "function" && constructor.name !== "") return String(constructor.name);
  }
  return "";
}

function tagOf(value) {
  for (let object = value; object !== null; object = Object.getPrototypeOf(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, Symbol.toStringTag);
    if (descriptor) return typeof descriptor.value === "string" ? descriptor.value : "";
  }
  return "";
}

const isIndex = (key) => typeof key === "string" && /^(0|[1-9]\d*)$/.test(key);
