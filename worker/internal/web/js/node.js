import { expose } from "./host.js";
import { lazy } from "./lazy.js";

// nodeModule returns what require returns in Node for a module, whose name is without "node:". The module x is the export
// module of the bundle node_x, and the module x/part is the export part of it.
export function nodeModule(name) {
  const [bundle, part = "module"] = name.split("/");
  return lazy(`node_${bundle}`)[part];
}

let variables;

// processEnv returns process.env: the variables of the application as text, and NODE_ENV. The first call determines NODE_ENV.
export function processEnv(mode = "production") {
  if (variables === undefined) {
    const text = ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)];
    variables = { ...Object.fromEntries(Object.entries(globalThis.env ?? {}).map(text)), NODE_ENV: mode };
  }
  return variables;
}

// The script that the bundler makes of an application gets these functions with import.meta.
expose("nodeModule", nodeModule);
expose("processEnv", processEnv);
