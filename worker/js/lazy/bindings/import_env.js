import { callIn, capture, env, follow, withStores } from "shared";
import { exported } from "./object_namespace.js";

// viewOf returns an object that stands for another one, unless a function that runs was called with a replacement of it, which it follows through awaits.
function viewOf(object) {
  const key = Symbol("replacement");
  const now = () => capture()?.stores?.get(key) ?? object;
  const view = new Proxy(
    {},
    {
      get: (_, name) => now()[name],
      set: (_, name, value) => Reflect.set(now(), name, value),
      has: (_, name) => name in now(),
      deleteProperty: (_, name) => Reflect.deleteProperty(now(), name),
      defineProperty: (_, name, property) => Reflect.defineProperty(now(), name, property),
      ownKeys: () => Reflect.ownKeys(now()),
      getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(now(), name),
    },
  );
  return { view, replace: (stores, replacement) => stores.set(key, replacement) };
}

const envView = viewOf(env);
const exportsView = viewOf(exported);

// importedEnv and importedExports are the exports env and exports of cloudflare:workers.
export const importedEnv = envView.view;
export const importedExports = exportsView.view;

// callWith calls a function with replacements.
function callWith(fn, ...replacements) {
  follow();
  const stores = new Map(capture()?.stores);
  for (const [view, replacement] of replacements) view.replace(stores, Object(replacement));
  return callIn(withStores(stores), fn, undefined);
}

// withEnv, withExports and withEnvAndExports call a function, for which the imported env or exports is another object.
export const withEnv = (replacement, fn) => callWith(fn, [envView, replacement]);
export const withExports = (replacement, fn) => callWith(fn, [exportsView, replacement]);
export const withEnvAndExports = (newEnv, newExports, fn) => callWith(fn, [envView, newEnv], [exportsView, newExports]);
