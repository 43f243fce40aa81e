import { defineBinding, expect, host, refuse, secret, tag } from "shared";
import { setIds, stubOf } from "./object_stub.js";

// DurableObjectId identifies an object of a class.
export class DurableObjectId {
  #class;
  #text;

  constructor(key, className, text, name) {
    if (key !== secret) refuse("DurableObjectId");
    this.#class = className;
    this.#text = text;
    this.name = name; // undefined if the ID was not made from a name
  }

  toString() {
    return this.#text;
  }
  equals(other) {
    if (!(other instanceof DurableObjectId)) throw new TypeError("equals expects a DurableObjectId");
    return other.#text === this.#text;
  }

  // classOf returns the class of the object.
  static classOf(id) {
    return #class in id ? id.#class : undefined;
  }
}

setIds((className, text, name) => new DurableObjectId(secret, className, text, name === "" ? undefined : name));

const { classOf } = DurableObjectId;
delete DurableObjectId.classOf;

// DurableObjectNamespace is a binding to the objects of a class.
export class DurableObjectNamespace {
  #class;

  constructor(key, className) {
    if (key !== secret) refuse("DurableObjectNamespace");
    this.#class = className;
  }

  idFromName(name) {
    expect(arguments.length, 1, "idFromName");
    return this.#id("name", `${name}`, `${name}`);
  }
  idFromString(text) {
    expect(arguments.length, 1, "idFromString");
    return this.#id("text", `${text}`);
  }
  newUniqueId() {
    return this.#id("unique", "");
  }

  // get returns a stub of the object with an ID.
  get(id) {
    expect(arguments.length, 1, "get");
    if (!(id instanceof DurableObjectId)) throw new TypeError("get expects a DurableObjectId");
    if (classOf(id) !== this.#class) throw new TypeError("get called on DurableObjectNamespace that does not match the DurableObjectId");
    return stubOf(this.#class, id);
  }
  getByName(name) {
    expect(arguments.length, 1, "getByName");
    return this.get(this.idFromName(name));
  }

  // jurisdiction returns the namespace itself: all objects are in one place.
  jurisdiction() {
    return this;
  }

  #id(kind, text, name) {
    return new DurableObjectId(secret, this.#class, host.objectId(this.#class, kind, text), name);
  }
}

tag(DurableObjectId, DurableObjectNamespace);

const bound = new Map(); // the names of bindings by the classes of objects

// isObjectClass reports whether an exported class is that of a namespace.
export const isObjectClass = (name) => bound.has(name);

// boundClasses returns the names of the classes of namespaces, with those of their bindings.
export const boundClasses = () => bound.entries();

// exported has the namespaces by their classes. It is the export exports of cloudflare:workers, and ctx.exports.
export const exported = {};

defineBinding("objects", ({ name, class: className }) => {
  bound.set(className, name);
  const namespace = new DurableObjectNamespace(secret, className);
  Object.defineProperty(exported, className, { value: namespace, writable: true, enumerable: true, configurable: true });
  return namespace;
});
