import { host, tag } from "shared";
import { defineCallReader, defineCallTest, refuseType } from "./call_value.js";
import { callTarget } from "./rpc_send.js";

// The state of a stub, of a property of one, or of a promise of a call is { root, path, kind, promise }: the function or the property that it stands for is at
// path from root. A root has the method send(path, get, args), which returns a promise, and write(walk, kind), if it can be passed to another script.
const states = new WeakMap(); // by the proxies that scripts have, and by their targets

// stateOf returns the state of a stub, or undefined for any other value.
export const stateOf = (value) => ((typeof value === "object" && value !== null) || typeof value === "function" ? states.get(value) : undefined);

// setState makes an object, whose proxy is given, a stub with a root.
export function setState(target, proxy, root) {
  const state = { root, path: [], kind: "stub" };
  states.set(target, state);
  states.set(proxy, state);
  return proxy;
}

const illegal = () => {
  throw new TypeError("Illegal constructor");
};

// RpcProperty is a property of a stub, or of the result of a call that has not arrived: a promise of its value, and a function that calls it.
export class RpcProperty {
  constructor() {
    illegal();
  }
  then(onFulfilled, onRejected) {
    return promiseOf(this).then(onFulfilled, onRejected);
  }
  catch(onRejected) {
    return promiseOf(this).catch(onRejected);
  }
  finally(onSettled) {
    return promiseOf(this).finally(onSettled);
  }
}

// RpcPromise is a promise of the result of a call. Its properties are those of the result.
export class RpcPromise {
  constructor() {
    illegal();
  }
  [Symbol.dispose]() {
    promiseOf(this).then((value) => value?.[Symbol.dispose]?.(), () => {});
  }
}
for (const name of ["then", "catch", "finally"]) RpcPromise.prototype[name] = RpcProperty.prototype[name];

function promiseOf(proxy) {
  const state = states.get(proxy);
  state.promise ??= state.root.send(state.path, true, []);
  return state.promise;
}

// RpcStub is a function or an object that another script has passed by reference, or that new RpcStub(target) refers to.
export class RpcStub {
  constructor(target) {
    if ((typeof target !== "object" && typeof target !== "function") || target === null) {
      throw new TypeError("Failed to construct 'JsRpcStub': constructor parameter 1 is not of type 'Object'.");
    }
    const number = newReference(target);
    host.holdReference(number);
    return stubOf(new Reference(number));
  }

  // dup returns another stub of the same target, which is disposed of on its own.
  dup() {
    return stubOf(referenceOf(this).dup());
  }

  // Symbol.dispose releases the target.
  [Symbol.dispose]() {
    referenceOf(this).dispose();
  }
}

let newReference;

// setExporter sets the function that returns the number of a new reference to a function or an object.
export function setExporter(create) {
  newReference = create;
}

const referenceOf = (stub) => {
  const root = states.get(stub)?.root;
  if (!(root instanceof Reference)) throw new TypeError("Illegal invocation");
  return root;
};

tag(RpcProperty, RpcPromise, RpcStub);
for (const { name, prototype } of [RpcProperty, RpcPromise, RpcStub]) Object.defineProperty(prototype, Symbol.toStringTag, { value: `Js${name}`, configurable: true });

const isIndex = (name) => /^(?:0|[1-9]\d*)$/.test(name);

const members = {
  get(target, name, proxy) {
    if (typeof name === "symbol" || name in Object.getPrototypeOf(target)) return Reflect.get(target, name, proxy);
    if (name === "then" || isIndex(name)) return undefined;
    return propertyOf(states.get(target), name);
  },
  has: (target, name) => typeof name === "string" || Reflect.has(target, name),
  apply: (target, self, args) => call(states.get(target), args),
};

// proxyOf returns a proxy that is a function and has a prototype.
function proxyOf(prototype, state) {
  const target = () => {};
  delete target.name;
  delete target.length;
  Object.setPrototypeOf(target, prototype);
  const proxy = new Proxy(target, members);
  states.set(target, state);
  states.set(proxy, state);
  return proxy;
}

// stubOf returns an RpcStub of a root.
const stubOf = (root) => proxyOf(RpcStub.prototype, { root, path: [], kind: "stub" });

// propertyOf returns a property of what a state stands for.
export const propertyOf = ({ root, path }, name) => proxyOf(RpcProperty.prototype, { root, path: [...path, name], kind: "RpcProperty" });

function call({ root, path }, args) {
  const promise = root.send(path, false, args);
  return proxyOf(RpcPromise.prototype, { root: new Result(promise), path: [], kind: "RpcPromise", promise });
}

// remote returns an error that is like those of the receiver of a call.
export const remote = (message) => Object.assign(new TypeError(message), { remote: true });
export const missing = (name) => remote(`The RPC receiver does not implement the method "${name}".`);
export const notCallable = (path) => remote(`"${path.join(".") || "(this)"}" is not a function.`);

// Result is the root of the properties of a result that has not arrived. Their calls are sent when it has.
class Result {
  #promise;

  constructor(promise) {
    this.#promise = promise;
  }

  async send(path, get, args) {
    let value = await this.#promise;
    for (let i = 0; ; i++) {
      const stub = stateOf(value);
      if (stub && (i < path.length || !get)) return stub.root.send([...stub.path, ...path.slice(i)], get, args);
      if (i === path.length) break;
      value = memberOf(value, path[i]);
    }
    if (get) return value;
    throw notCallable(path);
  }
}

// memberOf returns a property of a plain object.
export function memberOf(value, name) {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype || !Object.hasOwn(value, name)) throw missing(name);
  return value[name];
}

// References that the script has dropped are released. unregister is not used: the engine searches all registered objects.
let dropped;

// Reference is the root of an RpcStub: something of a script, with a number in Go. The script holds it until it is disposed of.
class Reference {
  #hold; // { number, released }

  constructor(number) {
    this.#hold = { number, released: false };
    dropped ??= new FinalizationRegistry(release);
    dropped.register(this, this.#hold);
  }

  // number returns the number, and throws if the reference was released.
  get #number() {
    if (this.#hold.released) throw new Error("RPC stub used after being disposed.");
    return this.#hold.number;
  }

  async send(path, get, args) {
    return callTarget(["reference", this.#number, "", ""], path, get, args);
  }

  write(walk, kind) {
    return walk.tagged(kind, walk.addReference(this.#number));
  }

  dup() {
    host.holdReference(this.#number);
    return new Reference(this.#number);
  }

  dispose() {
    release(this.#hold);
  }
}

function release(hold) {
  if (hold.released) return;
  hold.released = true;
  host.releaseReference(hold.number);
}

// receive returns the stub of a reference that this script holds from now on, and the reference.
export function receive(number) {
  const reference = new Reference(number);
  return { stub: stubOf(reference), reference };
}

// read returns the stub of a reference in a value.
function read(reader, index) {
  const { stub, reference } = receive(reader.reference(index));
  reader.stubs.push(reference);
  return stub;
}

// The stub of a function is a function, which has no number in a tree, and that of an object has one.
defineCallReader("Function", read);
defineCallReader("Target", (reader, index) => reader.number(read(reader, index)));

defineCallTest((value) => {
  const state = stateOf(value);
  if (!state) return undefined;
  if (state.kind !== "stub" || !state.root.write) return refuseType(state.kind);
  return (walk) => state.root.write(walk, typeof value === "function" ? "Function" : "Target");
});
