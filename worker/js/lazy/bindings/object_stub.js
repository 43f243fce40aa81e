import { secret, tag } from "shared";
import { defineCallReader } from "./call_value.js";
import { Fetcher } from "./fetcher.js";
import { callTarget } from "./rpc_send.js";
import { propertyOf, setState, stateOf } from "./rpc_stub.js";
import { fetchFrom } from "./target_fetch.js";

// DurableObject is the class of stubs, which send requests and calls to an object. Every property that a stub does not have is a method or a
// getter of the object. Its name is that in the Workers runtime.
function DurableObject() {
  throw new TypeError("Illegal constructor");
}
DurableObject.prototype = Object.create(Fetcher.prototype, { constructor: { value: DurableObject, writable: true, configurable: true } });
tag(DurableObject);

// Target is the root of the properties of a stub: an object.
class Target {
  #target;

  constructor(className, id, name) {
    this.#target = ["object", className, id, name];
  }

  send(path, get, args) {
    return callTarget(this.#target, path, get, args);
  }
  fetch(request) {
    return fetchFrom(this.#target, request);
  }
  write(walk) {
    return walk.tagged("ObjectStub", ...this.#target.slice(1));
  }
}

const members = {
  get(stub, name, proxy) {
    if (name === "fetch") return (...args) => stub.fetch(...args);
    if (typeof name === "symbol" || name === "then" || name in stub) return Reflect.get(stub, name, proxy);
    return propertyOf(stateOf(stub), name);
  },
  has: (stub, name) => typeof name === "string" || Reflect.has(stub, name),
};

// stubOf returns a stub of an object.
export function stubOf(className, id) {
  const root = new Target(className, String(id), id.name ?? "");
  const stub = Reflect.construct(Fetcher, [secret, (request) => root.fetch(request)], DurableObject);
  if (id.name !== undefined) stub.name = id.name;
  stub.id = id;
  return setState(stub, new Proxy(stub, members), root);
}

// A stub that arrives in a value is a stub of the same object.
let idOf;
export function setIds(create) {
  idOf = create;
}
defineCallReader("ObjectStub", (reader, className, id, name) => reader.number(stubOf(className, idOf(className, id, name))));
