// The functions that Go lends to these modules. The global that carries them is gone before any other script runs, so
// they are out of reach of the worker's own code.
const name = "__host";
export const host = globalThis[name];
delete globalThis[name];

// expose gives Go a function to call by name: Realm.Function finds it.
export const expose = (key, fn) => host.expose(key, fn);
