import { expose } from "./host.js";
import { lazy } from "./lazy.js";

const provided = new Map(); // modules that are not bundles, by name

// provideModule makes nodeModule(name) return the result of a function: the exports of a module of Linger.
export function provideModule(name, exports) {
  provided.set(name, exports);
}

// nodeModule returns what require returns in Node for a module, whose name is without "node:". The module x is the export
// module of the bundle node_x, and the module x/part is the export part of it.
export function nodeModule(name) {
  const module = provided.get(name);
  if (module) return module();
  const [bundle, part = "module"] = name.split("/");
  return lazy(`node_${bundle}`)[part];
}

let variables;

// isData reports whether a member of env is a variable: JSON, and not a binding.
const isData = ([, value]) => typeof value !== "object" || value === null || Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;

// processEnv returns process.env: the variables of the application as text, and NODE_ENV. The first call determines NODE_ENV.
export function processEnv(mode = "production") {
  if (variables === undefined) {
    const text = ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)];
    variables = { ...Object.fromEntries(Object.entries(globalThis.env ?? {}).filter(isData).map(text)), NODE_ENV: mode };
  }
  return variables;
}

// The script that the bundler makes of an application gets these functions with import.meta.
expose("nodeModule", nodeModule);
expose("processEnv", processEnv);
