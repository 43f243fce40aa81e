// The functions that Go lends to these modules. The global that carries them is gone before any other script runs, so
// they are out of reach of the worker's own code.
const name = "__host";
export const host = globalThis[name];
delete globalThis[name];

// conceal makes an object of a kind with a prototype, that holds a value where no other script can see it; reveal gives
// the value back. These are the kinds.
export const { conceal, reveal } = host;
export const EVENT = 1;
export const CONNECTION = 2;

// expose gives Go a function to call by name: Realm.Function finds it.
export const expose = (key, fn) => host.expose(key, fn);
