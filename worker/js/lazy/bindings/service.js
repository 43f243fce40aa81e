import {
  defineBinding,
  deserialize,
  env,
  Exchange,
  ExecutionContext,
  expose,
  makeRequest,
  receivedBody,
  secret,
  serialize,
  watch,
} from "shared";
import { defineCallReader } from "./call_value.js";
import { WorkerEntrypoint } from "./entrypoint.js";
import { Fetcher } from "./fetcher.js";
import { exported } from "./object_namespace.js";
import { answer, loose } from "./rpc_receive.js";
import { callTarget } from "./rpc_send.js";
import { propertyOf, setState, stateOf } from "./rpc_stub.js";
import { fetchFrom } from "./target_fetch.js";

// Services are bindings to entry points of the application itself: classes that extend WorkerEntrypoint, and objects with handlers.
const services = []; // { name, entrypoint }
const entrypoints = new Map(); // such exports, by their names

// defineEntrypoints finds the entry points among the exports of the application. They are also members of ctx.exports.
export function defineEntrypoints(namespace) {
  for (const name of Object.keys(namespace)) {
    if (isEntrypointValue(namespace[name])) {
      entrypoints.set(name, namespace[name]);
      Object.defineProperty(exported, name, { value: loopback(name), writable: true, enumerable: true, configurable: true });
    }
  }
  for (const { name, entrypoint } of services) {
    if (!entrypoints.has(entrypoint)) {
      throw new TypeError(`The binding ${name} needs the entry point ${entrypoint}, but the application exports no object or class with this name that extends WorkerEntrypoint`);
    }
  }
}

const isEntrypointClass = (value) => typeof value === "function" && value.prototype instanceof WorkerEntrypoint;
const isEntrypointValue = (value) => isEntrypointClass(value) || (typeof value === "object" && value !== null);

// isEntrypoint reports whether an exported class is an entry point.
export const isEntrypoint = (name) => entrypoints.has(name);

// Target is the root of the properties of a stub: an entry point.
class Target {
  #target;

  constructor(entrypoint, props) {
    this.#target = ["entrypoint", entrypoint, props, ""];
  }

  send(path, get, args) {
    return callTarget(this.#target, path, get, args);
  }
  fetch(request) {
    return fetchFrom(this.#target, request);
  }
  write(walk) {
    return walk.tagged("ServiceStub", ...this.#target.slice(1, 3));
  }
}

const members = {
  get(fetcher, name, proxy) {
    if (name === "fetch") return (...args) => fetcher.fetch(...args);
    if (typeof name === "symbol" || name === "then" || name in fetcher) return Reflect.get(fetcher, name, proxy);
    return propertyOf(stateOf(fetcher), name);
  },
  has: (fetcher, name) => typeof name === "string" || Reflect.has(fetcher, name),
};

const noProps = serialize({});

// serviceOf returns a stub of an entry point with the props of its context.
function serviceOf(entrypoint, props = noProps) {
  const root = new Target(entrypoint, props);
  const fetcher = new Fetcher(secret, (request) => root.fetch(request));
  return setState(fetcher, new Proxy(fetcher, members), root);
}

defineBinding("service", ({ name, entrypoint }) => {
  services.push({ name, entrypoint });
  return serviceOf(entrypoint);
});

defineCallReader("ServiceStub", (reader, entrypoint, props) => reader.number(serviceOf(entrypoint, props)));

// loopback returns the member of ctx.exports for an entry point: a stub that is also a function, which returns a stub with other props.
function loopback(entrypoint) {
  const service = serviceOf(entrypoint);
  return new Proxy(() => {}, {
    get: (_, name) => service[name],
    has: (_, name) => name in service,
    getPrototypeOf: () => Fetcher.prototype,
    apply: (_, self, [options]) => serviceOf(entrypoint, serialize(options?.props ?? {})),
  });
}

// The message is that of the Workers runtime.
const wrongArguments = (name) =>
  `Attempted to call RPC function "${name}" with the wrong number of arguments. When calling a top-level handler function that is not declared as part of a ` +
  "class, you must always send exactly one argument. In order to support variable numbers of arguments, the server must use class-based syntax " +
  "(extending WorkerEntrypoint) instead.";

// handlersOf returns the receiver of calls for an object with handlers, which get env and the context as further arguments. They are inherited, as the
// methods of a class are, because own properties cannot be called.
function handlersOf(object, context) {
  const methods = {};
  for (const name of Object.keys(object)) {
    if (typeof object[name] !== "function") continue;
    methods[name] = (...args) => {
      if (args.length !== 1) throw new TypeError(wrongArguments(name));
      return object[name](args[0], env, context);
    };
  }
  return Object.create(methods);
}

// contextOf returns the context of a call.
const contextOf = (props) => new ExecutionContext(secret, undefined, deserialize(props));

expose("entrypointCall", (id, name, props, ...call) => {
  try {
    const value = entrypoints.get(name);
    const context = contextOf(props);
    if (isEntrypointClass(value)) answer(loose, id, new value(context, env), true, ...call);
    else answer(loose, id, handlersOf(value, context), true, ...call);
  } catch (error) {
    loose.fail(id, error);
  }
});

expose("entrypointFetch", (id, name, props, method, url, headers, body) => {
  const request = makeRequest({ method, url, headers, body: receivedBody(body), makeSignal: () => watch(id) });
  const response = new Promise((resolve) => resolve(fetchOf(entrypoints.get(name), props)(request)));
  new Exchange(id, request, "", false).answerWith(response).catch((error) => loose.fail(id, error));
});

// fetchOf returns the function that handles the requests to an entry point.
function fetchOf(value, props) {
  const context = contextOf(props);
  const handler = isEntrypointClass(value) ? new value(context, env) : value;
  if (typeof handler.fetch !== "function") throw new Error("Handler does not export a fetch() function.");
  return (request) => (handler === value ? handler.fetch(request, env, context) : handler.fetch(request));
}
