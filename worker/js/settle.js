import { host } from "web/host.js";

// The built-in Promise, which a script may replace later.
const { Promise } = globalThis;
const platformThen = Promise.prototype.then;

// toPromise returns a built-in promise for a value of a script. Promise.resolve and await would read the constructor of a
// promise, which may throw.
export const toPromise = (given) => new Promise((resolve) => resolve(given));

// settle waits for a promise or another thenable, and calls settled(subject, failed, value) in a job when it has settled.
// value is the result, or the reason of the rejection. settle returns true, and does not call settled, if the value is not
// a thenable, or a promise that is already fulfilled.
export function settle(given, settled, subject) {
  let fulfilled;
  try {
    const { then } = given;
    if (typeof then !== "function") return true;
    if (then === platformThen && given.constructor === Promise) fulfilled = host.react(given, settled, subject);
  } catch {
    // A getter of the script has thrown. toPromise reads it again, and is rejected.
  }
  return fulfilled ?? host.react(toPromise(given), settled, subject);
}
