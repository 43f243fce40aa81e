import { define } from "./define.js";

// Extensions of V8 that libraries use. stackTraceLimit applies to captureStackTrace only: the stack of a new error has all
// frames.
define(Error, {
  stackTraceLimit: Infinity,

  // captureStackTrace defines the property stack of an object, without the frames up to that of the function until.
  captureStackTrace(target, until) {
    if ((typeof target !== "object" && typeof target !== "function") || target === null) {
      throw new TypeError("Error.captureStackTrace expects an object");
    }
    const frames = new Error().stack.split("\n").slice(2); // without the title and the frame of this function
    const last = typeof until === "function" && until.name ? frames.findIndex((frame) => frame.startsWith(`    at ${until.name} (`)) : -1;
    const limit = Math.max(Number(Error.stackTraceLimit) || 0, 0);
    const value = [titleOf(target), ...frames.slice(last + 1, last + 1 + limit)].join("\n");
    Object.defineProperty(target, "stack", { value, writable: true, enumerable: false, configurable: true });
  },
});

// titleOf returns the title with which the stack of an error begins.
function titleOf({ name = "Error", message = "" }) {
  return `${message}` === "" ? `${name}` : `${name}` === "" ? `${message}` : `${name}: ${message}`;
}

// framesOf returns the frames of a stack, without the title, or the whole stack if there are no frames.
export function framesOf(stack) {
  return stack.slice(Math.max(stack.search(/^ {4}at /m), 0));
}
