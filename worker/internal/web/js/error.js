import { define } from "./define.js";

// What V8 adds to Error, and libraries call. Every stack has all of its frames here, whatever stackTraceLimit says.
define(Error, {
  stackTraceLimit: Infinity,

  // captureStackTrace gives any object a stack: without the frames up to that of the function until.
  captureStackTrace(target, until) {
    if ((typeof target !== "object" && typeof target !== "function") || target === null) {
      throw new TypeError("Error.captureStackTrace expects an object");
    }
    const frames = new Error().stack.split("\n").slice(2); // behind the title and the frame of this function
    const last = typeof until === "function" && until.name ? frames.findIndex((frame) => frame.startsWith(`    at ${until.name} (`)) : -1;
    const value = `${titleOf(target)}\n${frames.slice(last + 1).join("\n")}`;
    Object.defineProperty(target, "stack", { value, writable: true, enumerable: false, configurable: true });
  },
});

// titleOf gives what the stack of an error begins with.
function titleOf({ name = "Error", message = "" }) {
  return `${message}` === "" ? `${name}` : `${name}` === "" ? `${message}` : `${name}: ${message}`;
}

// framesOf gives the part of a stack that follows its title; all of it if there are no frames.
export function framesOf(stack) {
  return stack.slice(Math.max(stack.search(/^ {4}at /m), 0));
}
