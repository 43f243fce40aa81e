import { begin, current, expose, host } from "shared";
import { discard, pack, unpack } from "./call_value.js";
import { remoteError } from "./remote_error.js";

const pending = new Map(); // calls without a result, by number: { resolve, reject, failure, operation }
let lastNumber = 0;

// sender returns the number of the object whose code runs, 0 for none.
export const sender = () => current()?.subject?.number ?? 0;

// callTarget calls the function at a path from a target, or reads the property there. A target is [kind, a, b, c] as Go expects it. It returns a
// promise of the result.
export function callTarget(target, path, get, args) {
  const failure = new Error(); // created here, so that its stack contains the caller
  const number = ++lastNumber;
  const operation = begin(() => pending.delete(number));
  if (operation.refused) return Promise.reject(operation.reason);
  try {
    const parcel = pack(args);
    parcel.pass(() => host.call(number, sender(), ...target, path, get, ...parcel.args));
  } catch (error) {
    operation.end();
    return Promise.reject(error);
  }
  return new Promise((resolve, reject) => pending.set(number, { resolve, reject, failure, operation }));
}

expose("called", (number, thrown, failed, flags, text, plain, bodies, references) => {
  const call = pending.get(number);
  if (!call) return discard(bodies, references); // the object that has called has ended
  pending.delete(number);
  const { resolve, reject, failure, operation } = call;
  if (failed !== "") operation.end(reject, failureOf(failure, failed, flags));
  else if (thrown) operation.end(reject, remoteError(text));
  else operation.end(settle, resolve, reject, text, plain, bodies, references);
});

// failureOf sets the message of an error, and the properties that are true of it.
export function failureOf(failure, message, flags = []) {
  Object.defineProperty(failure, "message", { value: message, writable: true, configurable: true });
  for (const flag of flags) failure[flag] = true;
  return failure;
}

// settle passes a result to the caller. It runs in the context of the call.
function settle(resolve, reject, text, plain, bodies, references) {
  try {
    const { value, stubs } = unpack(text, plain, bodies, references);
    if (typeof value === "object" && value !== null) makeDisposable(value, stubs);
    resolve(value);
  } catch (error) {
    reject(error);
  }
}

// makeDisposable gives the object of a result a method that disposes of all stubs in it.
function makeDisposable(value, stubs) {
  if (Symbol.dispose in value) return;
  const dispose = () => {
    for (const stub of stubs) stub.dispose();
  };
  Object.defineProperty(value, Symbol.dispose, { value: dispose, writable: true, enumerable: false, configurable: true });
}
