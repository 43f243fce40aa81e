import { host } from "web/host.js";

// The platform's own, whatever a script makes of the global one.
const { Promise } = globalThis;
const platformThen = Promise.prototype.then;

// promised gives a promise of the platform's own for what a script gave. Promise.resolve and await would ask the script's
// promise for its constructor, and fail if that fails.
export const promised = (given) => new Promise((resolve) => resolve(given));

// settle waits for a promise, or anything like one, and has settled(subject, failed, value) called in a job when it has
// settled, with the error as value if it failed. It returns true if there is nothing to wait for, and none to come.
export function settle(given, settled, subject) {
  let over;
  try {
    const { then } = given;
    if (typeof then !== "function") return true;
    if (then === platformThen && given.constructor === Promise) over = host.react(given, settled, subject);
  } catch {
    // a getter of the script; promised asks it again, and fails with it
  }
  return over ?? host.react(promised(given), settled, subject);
}
