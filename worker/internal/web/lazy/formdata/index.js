import { blobBytes, bytesOf, describe, expect, File, fileOf, host, iterable, setFormEncoder, tag } from "shared";

let entriesOf, pairsOf;

// FormData implements the class of the XMLHttpRequest Standard, section 5.
export class FormData {
  #entries = []; // [name, value], with a string or a File as value

  static {
    entriesOf = (value) => (typeof value === "object" && value !== null && #entries in value ? value.#entries : undefined);
    pairsOf = (data) => data.#entries;
  }

  constructor(form = undefined) {
    if (form !== undefined) throw new TypeError("new FormData expects no arguments: there are no form elements");
  }

  append(name, value, filename = undefined) {
    expect(arguments.length, 2, "FormData.append");
    this.#entries.push(entry(name, value, filename, arguments.length > 2));
  }

  delete(name) {
    expect(arguments.length, 1, "FormData.delete");
    const key = text(name);
    this.#entries = this.#entries.filter((item) => item[0] !== key);
  }

  get(name) {
    expect(arguments.length, 1, "FormData.get");
    const key = text(name);
    return this.#entries.find((item) => item[0] === key)?.[1] ?? null;
  }

  getAll(name) {
    expect(arguments.length, 1, "FormData.getAll");
    const key = text(name);
    return this.#entries.filter((item) => item[0] === key).map((item) => item[1]);
  }

  has(name) {
    expect(arguments.length, 1, "FormData.has");
    const key = text(name);
    return this.#entries.some((item) => item[0] === key);
  }

  // set replaces the first entry with the name, and removes the others.
  set(name, value, filename = undefined) {
    expect(arguments.length, 2, "FormData.set");
    const item = entry(name, value, filename, arguments.length > 2);
    const first = this.#entries.findIndex((other) => other[0] === item[0]);
    if (first < 0) return void this.#entries.push(item);
    this.#entries[first] = item;
    this.#entries = this.#entries.filter((other, i) => i <= first || other[0] !== item[0]);
  }
}

const text = (value) => String(value).toWellFormed();

// entry creates an entry (XMLHttpRequest Standard, section 5). A Blob becomes a File.
function entry(name, value, filename, isNamed) {
  const key = text(name);
  const bytes = blobBytes(value);
  if (bytes === undefined) {
    if (isNamed) throw new TypeError("A FormData entry with a file name must be a Blob");
    return [key, text(value)];
  }
  if (value instanceof File && (!isNamed || filename === undefined)) return [key, value];
  const file = isNamed && filename !== undefined ? text(filename) : "blob";
  return [key, fileOf(bytes, file, value.type, value instanceof File ? value.lastModified : undefined)];
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
    entries.push([name, filename === null ? content : fileOf(bytes.subarray(list[i + 3], list[i + 4]), filename, content)]);
  }
  return data;
}

// The encoder converts a FormData to a body: { bytes, type }. It returns undefined for any other value.
setFormEncoder((data) => {
  const entries = entriesOf(data);
  if (entries === undefined) return undefined;
  const [boundary, bytes] = host.formatFormData(
    entries.flatMap(([name, value]) => {
      const content = blobBytes(value);
      return content === undefined ? [name, null, "", value] : [name, value.name, value.type || "application/octet-stream", content];
    }),
  );
  return { bytes: new Uint8Array(bytes), type: `multipart/form-data; boundary=${boundary}` };
});

iterable(FormData, pairsOf);
tag(FormData);
describe(FormData, (data) => Object.fromEntries(entriesOf(data)));
