import { commands, storage } from "web/function_kinds.js";
import { exceptionOf, framesOf } from "./thrown.js";
import { ask, call, onTurnEnd, readHello, useStorage } from "./wire.js";

// host has the functions of Linger, by name.
export const host = { __proto__: null };

const numbers = new Map();

// callOf returns a function that calls the function of Linger with a name, and askOf one that asks it.
export const callOf = (name, number = numbers.get(name)) => (...args) => call(number, args);
export const askOf = (name, number = numbers.get(name)) => (...args) => ask(number, args);

readHello().forEach((name, number) => {
  numbers.set(name, number);
  host[name] = commands.has(name) ? callOf(name) : askOf(name); // without a result, the call need not wait for one
  if (storage.has(name)) host[name] = within(host[name]);
});

// within returns a function of Linger that uses storage. What a turn writes is committed at its end.
function within(fn) {
  return (...args) => {
    useStorage();
    return fn(...args);
  };
}

onTurnEnd(host.endTurn);

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
