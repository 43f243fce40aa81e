import { ancestor, isGenuine, mapSize, setSize, typedArray } from "./brand.js";
import { descriptions } from "./describe.js";
import { framesOf } from "./error.js";
import { keyText } from "./inspect_text.js";

const shownBytes = 50; // bytes shown of an ArrayBuffer

// kinds maps prototypes to kinds of objects of which more than the properties is shown. show(inspector, value, name, level)
// returns { head, open, close, items }, each of which is optional.
//   bare     only the head is shown if there are no items and properties
//   indexed  properties that are indexes are among the items
//   sealed   properties are not shown
const kinds = new Map([
  [Array.prototype, { indexed: true, show: showArray }],
  [typedArray, { indexed: true, show: showTypedArray }],
  [Map.prototype, { show: showMap }],
  [Set.prototype, { show: showSet }],
  [Error.prototype, { bare: true, show: showError }],
  [Date.prototype, { bare: true, show: (_, value) => ({ head: dateText(value) }) }],
  [RegExp.prototype, { bare: true, show: (_, value) => ({ head: RegExp.prototype.toString.call(value) }) }],
  [ArrayBuffer.prototype, { show: showBuffer }],
  [SharedArrayBuffer.prototype, { show: showBuffer }],
  [WeakMap.prototype, { show: (_, value, head) => ({ head, items: ["<items unknown>"] }) }],
  [WeakSet.prototype, { show: (_, value, head) => ({ head, items: ["<items unknown>"] }) }],
]);
for (const box of [Boolean, Number, String, BigInt, Symbol]) {
  const show = (inspector, value) => ({ head: `[${box.name}: ${inspector.show(box.prototype.valueOf.call(value), 0)}]` });
  kinds.set(box.prototype, { bare: true, indexed: true, show });
}

const described = { sealed: true, show: showDescribed };
const known = { has: (prototype) => kinds.has(prototype) || descriptions.has(prototype) };

// kindOf returns the kind of an object, or undefined for a plain object.
export function kindOf(value) {
  const prototype = ancestor(value, known);
  if (prototype === null || !isGenuine(value, prototype)) return undefined;
  return kinds.get(prototype) ?? described;
}

const list = (head, items) => ({ head, open: "[", close: "]", items });

function showArray(inspector, value, name, level) {
  const member = (i) => (Object.hasOwn(value, i) ? inspector.property(Object.getOwnPropertyDescriptor(value, i), level) : "");
  const texts = inspector.each({ length: value.length, at: member });
  return list(name === "Array" ? "" : `${name}(${value.length})`, withHoles(texts));
}

// withHoles replaces each run of empty texts by a text with their number.
function withHoles(texts) {
  const items = [];
  for (let i = 0; i < texts.length; i++) {
    const first = i;
    while (texts[i] === "") i++;
    if (i > first) items.push(`<${i - first} empty item${i - first > 1 ? "s" : ""}>`);
    if (i < texts.length) items.push(texts[i]);
  }
  return items;
}

function showTypedArray(inspector, value, name) {
  return list(`${name}(${value.length})`, inspector.each({ length: value.length, at: (i) => inspector.show(value[i], 0) }));
}

function showMap(inspector, value, name, level) {
  const entries = Map.prototype.entries.call(value);
  const length = mapSize.call(value);
  const next = () => {
    const [key, item] = entries.next().value;
    return `${inspector.show(key, level + 1)} => ${inspector.show(item, level + 1)}`;
  };
  return { head: `${name}(${length})`, items: inspector.each({ length, at: next }) };
}

function showSet(inspector, value, name, level) {
  const values = Set.prototype.values.call(value);
  const length = setSize.call(value);
  return { head: `${name}(${length})`, items: inspector.each({ length, at: () => inspector.show(values.next().value, level + 1) }) };
}

// showError shows name, message and stack. If name or message have changed since the stack was created, it replaces the
// title of the stack.
function showError(inspector, error, _, level) {
  const title = String(error.message) === "" ? String(error.name) : `${error.name}: ${error.message}`;
  const stack = typeof error.stack === "string" ? error.stack.trimEnd() : "";
  const text = stack === "" ? `[${title}]` : stack.startsWith(title) ? stack : `${title}\n${framesOf(stack)}`;
  return { head: text.replaceAll("\n", "\n" + "  ".repeat(level)), items: hidden(inspector, error, level) };
}

// hidden returns the texts of cause and errors, which are not enumerable.
function hidden(inspector, error, level) {
  const items = [];
  for (const key of ["cause", "errors"]) {
    const descriptor = Object.getOwnPropertyDescriptor(error, key);
    if (descriptor && !descriptor.enumerable) items.push(`[${key}]: ${inspector.property(descriptor, level)}`);
  }
  return items;
}

function dateText(value) {
  return Number.isNaN(Date.prototype.getTime.call(value)) ? "Invalid Date" : Date.prototype.toISOString.call(value);
}

function showBuffer(_, value, head) {
  const bytes = new Uint8Array(value, 0, Math.min(value.byteLength, shownBytes));
  const more = value.byteLength - bytes.length;
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const contents = more > 0 ? `${text} ... ${more} more byte${more > 1 ? "s" : ""}` : text;
  return { head, items: [`[contents]: <${contents}>`, `byteLength: ${value.byteLength}`] };
}

function showDescribed(inspector, value, head, level) {
  const entries = Object.entries(descriptions.get(ancestor(value, descriptions))(value));
  const at = (i) => `${keyText(entries[i][0])}: ${inspector.show(entries[i][1], level + 1)}`;
  return { head, items: inspector.each({ length: entries.length, at }) };
}
