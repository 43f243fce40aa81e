import { exceptionOf, framesOf } from "./thrown.js";
import { ask, call, readHello } from "./wire.js";

// host has the functions of Linger, by name.
export const host = { __proto__: null };

// The functions that have no result and cannot fail. They are called; every other function is asked, which blocks until Linger has answered.
const withoutResult = new Set([
  ...["exposed", "halted", "listened", "overdue", "reached", "loaded", "loadFailed", "listeners", "threw", "unhandled", "busy"],
  ...["refusePlain", "done", "extend", "unanswered", "ignored", "warnOfBlob", "evicted", "unsubscribe"],
  ...["cancelFetch", "cancelBody", "endBody", "abortBody", "publish", "listen"],
  ...["socketSend", "socketClose", "socketAnswerClose", "socketAbort"],
  ...["setObjectAutoResponse", "setSocketEventTimeout", "abortSockets", "setAttachment", "storageSync", "sqlClose"],
  ...["holdReference", "releaseReference", "dropReference"],
]);

const numbers = new Map();

// callOf returns a function that calls the function of Linger with a name, and askOf one that asks it.
export const callOf = (name, number = numbers.get(name)) => (...args) => call(number, args);
export const askOf = (name, number = numbers.get(name)) => (...args) => ask(number, args);

readHello().forEach((name, number) => {
  numbers.set(name, number);
  host[name] = withoutResult.has(name) ? callOf(name) : askOf(name);
});

// report reports what raise throws, as part of an event or, with the number 0, outside of events.
host.report = (event, raise, places = []) => {
  try {
    raise();
  } catch (error) {
    host.threw(event, exceptionOf(error), places);
  }
};

// listened reports a listener to an unknown type of event, with the stack of the call of addEventListener.
host.listened = ((listened) => (type, stack) => listened(type, framesOf(stack)))(host.listened);
