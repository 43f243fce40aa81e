import { blobBytes, bytesOf, describe, expect, File, fileOf, host, setFormEncoder, tag } from "shared";

let entriesOf;

// FormData implements the class of the XMLHttpRequest Standard, section 5.
export class FormData {
  #entries = []; // { name, value }, with a string or a File as value

  static {
    entriesOf = (value) => (typeof value === "object" && value !== null && #entries in value ? value.#entries : undefined);
  }

  constructor(form) {
    if (form !== undefined) throw new TypeError("new FormData expects no arguments: there are no form elements");
  }

  append(name, value, filename) {
    expect(arguments.length, 2, "FormData.append");
    this.#entries.push(entry(name, value, filename, arguments.length > 2));
  }

  delete(name) {
    expect(arguments.length, 1, "FormData.delete");
    const key = text(name);
    this.#entries = this.#entries.filter((item) => item.name !== key);
  }

  get(name) {
    expect(arguments.length, 1, "FormData.get");
    const key = text(name);
    return this.#entries.find((item) => item.name === key)?.value ?? null;
  }

  getAll(name) {
    expect(arguments.length, 1, "FormData.getAll");
    const key = text(name);
    return this.#entries.filter((item) => item.name === key).map((item) => item.value);
  }

  has(name) {
    expect(arguments.length, 1, "FormData.has");
    const key = text(name);
    return this.#entries.some((item) => item.name === key);
  }

  // set replaces the first entry with the name, and removes the others.
  set(name, value, filename) {
    expect(arguments.length, 2, "FormData.set");
    const item = entry(name, value, filename, arguments.length > 2);
    const first = this.#entries.findIndex((other) => other.name === item.name);
    if (first < 0) return void this.#entries.push(item);
    this.#entries[first] = item;
    this.#entries = this.#entries.filter((other, i) => i <= first || other.name !== item.name);
  }

  forEach(callback, self) {
    if (typeof callback !== "function") throw new TypeError("FormData.forEach expects a function");
    for (const [name, value] of this) callback.call(self, value, name, this);
  }

  *entries() {
    for (let i = 0; i < this.#entries.length; i++) yield [this.#entries[i].name, this.#entries[i].value];
  }

  *keys() {
    for (const [name] of this.entries()) yield name;
  }

  *values() {
    for (const [, value] of this.entries()) yield value;
  }
}

const text = (value) => String(value).toWellFormed();

// entry creates an entry (XMLHttpRequest Standard, section 5). A Blob becomes a File.
function entry(name, value, filename, isNamed) {
  const key = text(name);
  const bytes = blobBytes(value);
  if (bytes === undefined) {
    if (isNamed) throw new TypeError("A FormData entry with a file name must be a Blob");
    return { name: key, value: text(value) };
  }
  if (value instanceof File && (!isNamed || filename === undefined)) return { name: key, value };
  const file = isNamed && filename !== undefined ? text(filename) : "blob";
  return { name: key, value: fileOf(bytes, file, value.type, value instanceof File ? value.lastModified : undefined) };
}

// parse returns the FormData of a body, given the value of its Content-Type and its bytes, which nothing may change: the files
// share their memory.
export function parse(type, body) {
  const bytes = bytesOf(body);
  const list = host.parseFormData(type, bytes);
  const data = new FormData();
  const entries = entriesOf(data);
  for (let i = 0; i < list.length; i += 5) {
    const [name, filename, content] = [list[i], list[i + 1], list[i + 2]];
    entries.push({ name, value: filename === null ? content : fileOf(bytes.subarray(list[i + 3], list[i + 4]), filename, content) });
  }
  return data;
}

// The encoder converts a FormData to a body: { bytes, type }. It returns undefined for any other value.
setFormEncoder((data) => {
  const entries = entriesOf(data);
  if (entries === undefined) return undefined;
  const [boundary, bytes] = host.formatFormData(
    entries.flatMap(({ name, value }) => {
      const content = blobBytes(value);
      return content === undefined ? [name, null, "", value] : [name, value.name, value.type || "application/octet-stream", content];
    }),
  );
  return { bytes: new Uint8Array(bytes), type: `multipart/form-data; boundary=${boundary}` };
});

Object.defineProperty(FormData.prototype, Symbol.iterator, { value: FormData.prototype.entries, writable: true, configurable: true });
tag(FormData);
describe(FormData, (data) => Object.fromEntries(entriesOf(data).map(({ name, value }) => [name, value])));
