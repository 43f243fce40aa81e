import { kindOf } from "./inspect_kinds.js";
import { group, keyText, quote, shown, truncate } from "./inspect_text.js";

// The limits of the text of a value.
const limits = {
  depth: 2, // levels of nesting below the value itself
  items: 100, // items of a list, a map, a set or an object
  text: 10_000, // characters of a string within an object
  total: 64 * 1024, // characters in total
};

// inspect returns the text of a value in the format of Node's console. It does not call getters, and never throws. Of the
// code of the script it calls only methods with which objects show themselves in Node.
export function inspect(value, { depth = limits.depth } = {}) {
  try {
    return truncate(new Inspector(depth).show(value, 0), limits.total);
  } catch (error) {
    return `<this value cannot be shown: ${messageOf(error)}>`;
  }
}

function messageOf(error) {
  try {
    return String(error.message);
  } catch {
    return "its code has thrown an exception";
  }
}

// Inspector produces the text of one value.
class Inspector {
  #depth;
  #remaining = limits.total; // characters that may still be produced
  #path = []; // the objects that contain the current one, and that one itself
  #circular = new Map(); // the numbers of objects with circular references

  constructor(depth) {
    this.#depth = depth;
  }

  // show returns the text of a value at a level of nesting.
  show(value, level) {
    if (typeof value === "object" && value !== null) return this.#object(value, level);
    const text = this.#simple(value, level);
    this.#remaining -= text.length;
    return text;
  }

  #simple(value, level) {
    if (typeof value === "function") return this.#function(value, level);
    return typeof value === "string" ? truncate(value, limits.text, quote) : shown(value);
  }

  // property returns the text of a property with a descriptor.
  property(descriptor, level) {
    if ("value" in descriptor) return this.show(descriptor.value, level + 1);
    if (!descriptor.set) return "[Getter]";
    return descriptor.get ? "[Getter/Setter]" : "[Setter]";
  }

  // each returns the texts at(0), at(1) and so on of a list, up to the limits.
  each({ length, at }) {
    const texts = [];
    for (let i = 0; i < length; i++) {
      if (i >= limits.items || this.#remaining <= 0) {
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
    const custom = customOf(value);
    if (custom !== undefined) return this.#within(value, () => this.#custom(custom, value, level));
    const name = nameOf(value);
    if (level > this.#depth && !(value instanceof Error)) return `[${name || "Object: null prototype"}]`;
    const text = this.#within(value, () => this.#content(value, name, level));
    const number = this.#circular.get(value);
    return number === undefined ? text : `<ref *${number}> ${text}`;
  }

  // custom returns the text that a method Symbol.for("nodejs.util.inspect.custom") of an object makes.
  #custom(method, value, level) {
    const depth = this.#depth - level;
    const result = Reflect.apply(method, value, [depth, { depth, stylize: String }, inspect]);
    if (typeof result !== "string") return result === value ? "[Object]" : this.show(result, level);
    this.#remaining -= result.length;
    return result.replaceAll("\n", "\n" + "  ".repeat(level));
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

  // properties returns the texts of enumerable properties. For a long list it returns none, because finding properties other
  // than the elements would require a check of every key.
  #properties(value, level, indexed = false) {
    if (indexed && value.length > limits.items) return [];
    const isShown = (key) => Object.prototype.propertyIsEnumerable.call(value, key) && !(indexed && isIndex(key));
    const keys = Reflect.ownKeys(value).filter(isShown);
    const at = (i) => {
      const key = keyText(keys[i]);
      this.#remaining -= key.length;
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

// plainHead returns the text before the properties of a plain object.
function plainHead(value, name) {
  if (name === "") return "[Object: null prototype]";
  const tag = tagOf(value);
  if (tag !== "" && tag !== name) return `${name} [${tag}]`;
  return name === "Object" ? "" : name;
}

const custom = Symbol.for("nodejs.util.inspect.custom");

// customOf returns the method with which an object shows itself in Node, or undefined.
function customOf(value) {
  for (let object = value; object !== null; object = Object.getPrototypeOf(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, custom);
    if (descriptor) return typeof descriptor.value === "function" ? descriptor.value : undefined;
  }
  return undefined;
}

// nameOf returns the name of an object's class, or "" for an object without a prototype.
function nameOf(value) {
  for (let object = value; object !== null; object = Object.getPrototypeOf(object)) {
    const constructor = Object.getOwnPropertyDescriptor(object, "constructor")?.value;
    if (typeof constructor === "function" && constructor.name !== "") return String(constructor.name);
  }
  return "";
}

// tagOf returns Symbol.toStringTag of an object, or "".
function tagOf(value) {
  for (let object = value; object !== null; object = Object.getPrototypeOf(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, Symbol.toStringTag);
    if (descriptor) return typeof descriptor.value === "string" ? descriptor.value : "";
  }
  return "";
}

const isIndex = (key) => typeof key === "string" && /^(0|[1-9]\d*)$/.test(key);
