// The classes and functions of the runtime, before Linger replaces some of them as globals.
export const NativeEvent = globalThis.Event;
export const NativeEventTarget = globalThis.EventTarget;
export const nativeFetch = globalThis.fetch;

// Node loads the modules of some classes when they are first read, which takes longer than all else that a child does before it runs the
// application. So these classes are read when they are needed.
const readers = new Map(["Headers", "MessageEvent", "Request", "Response"].map((name) => [name, readerOf(name)]));
const classes = new Map(); // the classes that have been read
const prepared = new Map(); // the functions of prepare

// readerOf returns a function that reads a class. The getter of Node sets the global to the class, which Linger may have replaced.
function readerOf(name) {
  const { get, value } = Object.getOwnPropertyDescriptor(globalThis, name);
  if (!get) return () => value;
  return () => {
    const present = Object.getOwnPropertyDescriptor(globalThis, name);
    const native = Reflect.apply(get, globalThis, []);
    Object.defineProperty(globalThis, name, present);
    return native;
  };
}

// prepare sets a function that is called with a class when it has been read.
export const prepare = (name, fn) => void prepared.set(name, fn);

// read returns a class.
export function read(name) {
  let native = classes.get(name);
  if (native === undefined) {
    classes.set(name, (native = readers.get(name)()));
    prepared.get(name)?.(native);
  }
  return native;
}

// standIn returns a class that has the members of a class of the runtime, and makes its instances with construct. Neither of them reads that
// class before it is used.
export function standIn(name, construct = Reflect.construct) {
  const self = new Proxy(function () {}, {
    construct: (_, args, newTarget) => construct(read(name), args, newTarget === self ? read(name) : newTarget),
    get: (_, key) => read(name)[key],
    set: (_, key, value) => Reflect.set(read(name), key, value),
    has: (_, key) => key in read(name),
  });
  return self;
}

export const Headers = standIn("Headers");
export const NativeRequest = standIn("Request");
export const NativeResponse = standIn("Response");
