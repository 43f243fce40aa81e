import { AbortSignal, format as formatAll, inspect as inspectValue, lazy, setInterval, setTimeout, TextDecoder, TextEncoder } from "shared";
import { checkFunction, nodeError, wrongType, wrongValue } from "lazy/node_errors";
import { isDeepStrictEqual } from "./equal.js";
import { parseArgs } from "./parse_args.js";
import { stripVTControlCharacters, styles, styleText } from "./style.js";
import * as types from "./types.js";

export { compare } from "./equal.js";
export { types };

const custom = Symbol.for("nodejs.util.inspect.custom");

// inspect takes options, or showHidden and depth.
function inspect(value, options, depth) {
  const given = typeof options === "object" && options !== null ? options : { depth };
  return inspectValue(value, { depth: given.depth === null ? Infinity : given.depth });
}
Object.assign(inspect, { custom, defaultOptions: { depth: 2 }, colors: styles, styles: {} });

const format = (...args) => formatAll(args);
const formatWithOptions = (options, ...args) => formatAll(args);

const customPromisify = Symbol.for("nodejs.util.promisify.custom");

function promisify(original) {
  checkFunction(original, "original");
  if (original === setTimeout || original === setInterval) lazy("node_timers"); // which defines the property
  if (original[customPromisify] !== undefined) {
    checkFunction(original[customPromisify], "util.promisify.custom");
    return original[customPromisify];
  }
  function promised(...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...args, (error, value) => (error ? reject(error) : resolve(value))]);
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  const properties = Object.getOwnPropertyDescriptors(original);
  for (const key of ["length", "prototype"]) delete properties[key];
  return Object.defineProperties(promised, properties);
}
promisify.custom = customPromisify;

function callbackify(original) {
  checkFunction(original, "original");
  function called(...args) {
    const callback = args.pop();
    checkFunction(callback, "last argument");
    Reflect.apply(original, this, args).then(
      (value) => lazyNextTick(callback.bind(this, null, value)),
      (reason) => lazyNextTick(callback.bind(this, reason || falsyReason(reason))),
    );
  }
  return Object.defineProperty(called, "name", { value: `${original.name}Callbackified`, configurable: true });
}

// lazyNextTick calls a function outside of the promise, so that what it throws is an uncaught exception.
const lazyNextTick = (callback) => setTimeout(callback, 0);

function falsyReason(reason) {
  const error = nodeError(Error, "ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value");
  error.reason = reason;
  return error;
}

function inherits(constructor, parent) {
  checkFunction(constructor, "ctor");
  checkFunction(parent, "superCtor");
  if (typeof parent.prototype !== "object") throw wrongType("superCtor.prototype", "an object", parent.prototype);
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

const deprecations = new Set();

function deprecate(fn, message, code) {
  let warned = false;
  function deprecated(...args) {
    if (!warned && !deprecations.has(code)) {
      if (code !== undefined) deprecations.add(code);
      console.warn(`DeprecationWarning:${code ? ` [${code}]` : ""} ${message}`);
    }
    warned = true;
    return new.target ? Reflect.construct(fn, args, new.target) : Reflect.apply(fn, this, args);
  }
  Object.setPrototypeOf(deprecated, fn);
  if (fn.prototype) deprecated.prototype = fn.prototype;
  return deprecated;
}

// debuglog returns a function that prints if the variable NODE_DEBUG names the section.
function debuglog(section) {
  const wanted = String(globalThis.env?.NODE_DEBUG ?? "").toUpperCase().split(",").map((pattern) => pattern.trim());
  const name = section.toUpperCase();
  const enabled = wanted.some((pattern) => pattern && new RegExp(`^${pattern.replace(/[|\\{}()[\]^$+?.]/g, "\\$&").replaceAll("*", ".*")}$`).test(name));
  const log = (...args) => {
    if (enabled) console.error(`${name} ${format(...args)}`);
  };
  return Object.defineProperty(log, "enabled", { value: enabled, configurable: true });
}

// aborted returns a promise that is fulfilled when a signal aborts.
async function aborted(signal, resource) {
  if (!(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
  if (typeof resource !== "object" || resource === null) throw wrongType("resource", "an object", resource);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

const toUSVString = (value) => String(value).toWellFormed();

// The errors of the system that packages compare codes with.
const systemErrors = { EPERM: -1, ENOENT: -2, EACCES: -13, EEXIST: -17, EINVAL: -22, EPIPE: -32, EADDRINUSE: -98, ECONNRESET: -104, ETIMEDOUT: -110, ECONNREFUSED: -111 };

function getSystemErrorName(number) {
  if (!Number.isInteger(number) || number >= 0) throw wrongValue("err", number, "must be a negative integer");
  return Object.keys(systemErrors).find((name) => systemErrors[name] === number) ?? `Unknown system error ${number}`;
}

const is = (type) => (value) => typeof value === type;
const isPrimitive = (value) => value === null || (typeof value !== "object" && typeof value !== "function");

export const module = {
  aborted, callbackify, debug: debuglog, debuglog, deprecate, format, formatWithOptions, getSystemErrorName, inherits, inspect, isDeepStrictEqual,
  parseArgs, promisify, stripVTControlCharacters, styleText, TextDecoder, TextEncoder, toUSVString, types,
  isArray: Array.isArray,
  isBoolean: is("boolean"),
  isBuffer: (value) => lazy("node_buffer").Buffer.isBuffer(value),
  isDate: types.isDate,
  isError: (value) => types.isNativeError(value) || value instanceof Error,
  isFunction: is("function"),
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: is("number"),
  isObject: (value) => value !== null && typeof value === "object",
  isPrimitive,
  isRegExp: types.isRegExp,
  isString: is("string"),
  isSymbol: is("symbol"),
  isUndefined: is("undefined"),
  _extend: (target, source) => (source !== null && typeof source === "object" ? Object.assign(target, source) : target),
};
