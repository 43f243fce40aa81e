import { NativeEventTarget } from "./native.js";
import { EventTarget } from "./target.embedded.js";

// The targets of Linger are instances of the runtime's class EventTarget too.
export * from "./target.embedded.js";

Object.setPrototypeOf(EventTarget.prototype, NativeEventTarget.prototype);
