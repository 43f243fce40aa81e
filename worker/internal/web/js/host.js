// host is the host object, whose methods are Go functions. The global variable is deleted before any other script runs, so
// the application cannot access them.
const name = "__host";
export const host = globalThis[name];
delete globalThis[name];

// enumerate(object) makes the members of a class or of its prototype enumerable.
export const { enumerate } = host;

// context(value), followContext(key), callIn(context, fn, self, ...args) and halt() are the functions of the async context.
export const { callIn, context, followContext, halt } = host;

// conceal(kind, prototype, content) creates an object with private content, and reveal(kind, object) returns the content.
// EVENT and CONNECTION are the kinds.
export const { conceal, reveal } = host;
export const EVENT = 1;
export const CONNECTION = 2;

// expose makes a function available to Go, where Realm.Function returns it.
export const expose = (key, fn) => host.expose(key, fn);
