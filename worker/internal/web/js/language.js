import { define } from "./define.js";
import { lazy } from "./lazy.js";

// What the engine lacks of the language and packages use. The bundler converts using declarations, but not the symbols.
for (const name of ["dispose", "asyncDispose"]) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });

define(Array, {
  fromAsync(items) {
    return Reflect.apply(lazy("from_async").fromAsync, this, [items, arguments[1], arguments[2]]);
  },
});
