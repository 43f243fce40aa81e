import { deserialize, serialize } from "web/clone.js";
import { secret } from "web/define.js";
import { defineBinding } from "./bindings.js";
import { WorkerEntrypoint } from "./entrypoint.js";
import { extendWorker } from "./extendable.js";
import { Fetcher } from "./fetcher.js";
import { env } from "./settings.js";

// Services are bindings to entry points of the application itself. Their calls are handled in the same engine.
const services = []; // { name, entrypoint }
const entrypoints = new Map(); // functions that make an entry point for a call, by the names of their exports

// defineEntrypoints sets the entry points of services, which are exports of the application.
export function defineEntrypoints(namespace) {
  for (const { name, entrypoint } of services) {
    const exported = namespace[entrypoint];
    if ((typeof exported !== "function" && typeof exported !== "object") || exported === null) {
      throw new TypeError(`The binding ${name} needs the entry point ${entrypoint}, which the application does not export`);
    }
    entrypoints.set(entrypoint, makerOf(exported));
  }
}

// isEntrypoint reports whether an exported class is that of a service.
export const isEntrypoint = (name) => entrypoints.has(name);

// makerOf returns a function that makes an object whose methods handle the calls of a service.
function makerOf(exported) {
  if (typeof exported === "function") return () => new exported(makeContext(), env);
  return () => ({ fetch: (request) => exported.fetch(request, env, makeContext()) });
}

const makeContext = () => ({ props: {}, waitUntil: extendWorker, passThroughOnException() {} });

// callMethod calls a method of an entry point. Arguments and the result are structured clones.
async function callMethod(entrypoint, method, args) {
  const target = entrypoints.get(entrypoint)();
  if (!(target instanceof WorkerEntrypoint) || Object.hasOwn(target, method) || method in Object.prototype || typeof target[method] !== "function") {
    throw new TypeError(`The RPC receiver does not implement the method "${method}".`);
  }
  return deserialize(serialize(await target[method](...deserialize(serialize(args)))));
}

async function answer(entrypoint, request) {
  const target = entrypoints.get(entrypoint)();
  if (typeof target.fetch !== "function") throw new TypeError("Handler does not export a fetch() function.");
  return target.fetch(request);
}

defineBinding("service", ({ name, entrypoint }) => {
  services.push({ name, entrypoint });
  return new Proxy(new Fetcher(secret, (request) => answer(entrypoint, request)), {
    get(fetcher, method) {
      if (method === "fetch") return (input, init) => fetcher.fetch(input, init);
      if (typeof method === "symbol" || method === "then" || method in fetcher) return Reflect.get(fetcher, method);
      return (...args) => callMethod(entrypoint, method, args);
    },
  });
});
