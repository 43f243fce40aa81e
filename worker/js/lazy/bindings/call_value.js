import {
  ancestor,
  DOMException,
  host,
  isCloneable,
  isGenuine,
  isUncloneable,
  known,
  Reader,
  receivedBody,
  SentBody,
  Walk,
  withMaxLength,
} from "shared";

// Calls pass structured clones, and in addition references, requests, responses, headers and streams. Bytes are not part of the text.
const writers = new Map(); // functions that write such objects, by their prototypes
const readers = new Map(); // functions that read them, by kind
const tests = []; // functions that return the function which writes a value, or undefined

// defineCallKind makes the objects with a prototype a kind of value. write(walk, value) returns their trees, which begin with the kind, and
// read(reader, ...content) the copies.
export function defineCallKind(kind, prototype, write, read) {
  writers.set(prototype, write);
  readers.set(kind, read);
}

// defineCallTest adds a function that returns the function which writes a value, or undefined for values that it does not know.
export function defineCallTest(test) {
  tests.push(test);
}

export function defineCallReader(kind, read) {
  readers.set(kind, read);
}

// refuseType returns a function that throws the error for values that calls cannot pass. The messages are those of the Workers runtime.
export const refuseType = (name) => refuse(`Could not serialize object of type "${name}". This type does not support serialization.`);

const refuse = (message) => () => {
  throw new DOMException(message, "DataCloneError");
};

const callKnown = { has: (prototype) => writers.has(prototype) || known.has(prototype) };

const longString = 1 << 16;

class CallWalk extends Walk {
  bodies = []; // the arguments for Go
  references = []; // numbers
  cleanups = []; // called if the value is not sent
  #streams = [];

  constructor() {
    const add = (bytes) => this.bodies.push([undefined, bytes]) - 1;
    super((buffer) => add(new Uint8Array(buffer)), add);
  }

  // Long strings are bytes for Go, because JSON needs several times their memory.
  write(value) {
    if (typeof value !== "string" || value.length < longString || !value.isWellFormed()) return super.write(value);
    return this.tagged("Text", this.bodies.push([undefined, value]) - 1);
  }

  writerFor(value) {
    for (const test of tests) {
      const write = test(value);
      if (write) return write;
    }
    if (typeof value === "symbol") return refuse(`${String(value)} could not be cloned.`);
    const prototype = ancestor(value, callKnown);
    if (prototype === null) return refuseType("Object");
    const write = writers.get(prototype);
    if (write) return write;
    if (isUncloneable(prototype)) return refuse(`${nameIn(value)} could not be cloned.`);
    if (prototype === Object.prototype || !isCloneable(prototype) || !isGenuine(value, prototype)) return refuseType(value.constructor?.name ?? "Object");
    return super.writerFor(value);
  }

  // addBody adds what Content.take has returned, or null, and returns its index.
  addBody(content, decode = true) {
    const sent = new SentBody(content, decode, { failed() {}, ended() {} });
    this.#streams.push(sent);
    return this.bodies.push(sent.args) - 1;
  }

  // addReference adds a reference that Go has, by its number, and returns its index: on another node the reference has another number.
  addReference(number) {
    return this.references.push(number) - 1;
  }

  // pass calls a function that passes the value to Go, and begins to send the streams.
  pass(give) {
    try {
      give();
    } catch (error) {
      this.cancel(error);
      throw error;
    }
    for (const sent of this.#streams) sent.begin();
  }

  // cancel releases what belongs to a value that is not sent.
  cancel(error) {
    for (const sent of this.#streams) sent.cancel(error);
    for (const clean of this.cleanups) clean();
  }
}

const nameIn = (value) => (Symbol.toStringTag in value && /Generator/.test(value[Symbol.toStringTag]) ? `[object ${value[Symbol.toStringTag]}]` : `#<${value.constructor?.name}>`);

// pack returns { args, pass(give) } of a value that another script gets. args are its arguments for a host function, which give calls.
export function pack(value) {
  const walk = new CallWalk();
  try {
    const text = JSON.stringify(walk.write(value));
    return { args: [text, walk.plain, walk.bodies, walk.references], pass: (give) => walk.pass(give) };
  } catch (error) {
    walk.cancel(error);
    throw error;
  }
}

class CallReader extends Reader {
  stubs = []; // the stubs in the value
  #bodies;
  #references;

  constructor(bodies, references) {
    const bytes = (index) => bodies[index] ?? new ArrayBuffer(0);
    super((index, maxLength) => withMaxLength(bytes(index), maxLength), (index) => new Uint8Array(bytes(index)));
    this.#bodies = bodies;
    this.#references = references;
  }

  readKind(kind, content) {
    const read = readers.get(kind);
    return read ? read(this, ...content) : super.readKind(kind, content);
  }

  // body returns a body with an index as makeResponse expects it.
  body(index) {
    return receivedBody(this.#bodies[index]);
  }

  // reference returns the number of the reference with an index, 0 if it does not exist.
  reference(index) {
    return this.#references[index] ?? 0;
  }
}

defineCallReader("Text", (reader, index) => host.decode("utf-8", reader.body(index), true, false));

// unpack returns a value that Go passes: { value, stubs }, with the stubs in it.
export function unpack(text, plain, bodies, references) {
  const tree = JSON.parse(text);
  if (plain) return { value: tree, stubs: [] };
  const reader = new CallReader(bodies, references);
  const value = reader.read(tree);
  return { value, stubs: reader.stubs };
}

// discard releases a value that is not needed.
export function discard(bodies, references) {
  for (const body of bodies) if (typeof body === "number") host.cancelBody(body);
  for (const number of references) host.releaseReference(number);
}
