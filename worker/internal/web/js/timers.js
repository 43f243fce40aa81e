import { expect } from "./define.js";
import { expose, host } from "./host.js";
import { dispatchError } from "./report.js";

// The maximum delay in milliseconds. In browsers a delay is a signed 32-bit number.
const maxDelay = 2 ** 31 - 1;

const timers = new Map();
let lastId = 0;

// bindTimers sets a function that is applied to the callbacks of timers when they start.
export function bindTimers(fn) {
  bind = fn;
}
let bind = (callback) => callback;

// startTimer calls callback after delay milliseconds, or repeatedly, and returns the id of the timer. The delay of a
// repeated timer is at least one millisecond, so that events are handled in between.
export function startTimer(callback, delay, repeat = false, args = []) {
  const milliseconds = Math.min(Math.max(Math.trunc(Number(delay)) || 0, repeat ? 1 : 0), maxDelay);
  const id = ++lastId;
  timers.set(id, { callback: bind(callback), args, repeat });
  host.setTimer(id, milliseconds, repeat);
  return id;
}

// queueTask calls callback in a separate turn.
export const queueTask = (callback) => startTimer(callback, 0);

// start implements setTimeout and setInterval.
function start(what, given, callback, delay, repeat, args) {
  expect(given, 1, what);
  if (typeof callback !== "function") {
    throw new TypeError(`${what} expects a function: strings are not evaluated`);
  }
  return startTimer(callback, delay, repeat, args);
}

function stopTimer(id) {
  if (timers.delete(Number(id))) host.clearTimer(Number(id));
}

export function setTimeout(callback, delay, ...args) {
  return start("setTimeout", arguments.length, callback, delay, false, args);
}

export function setInterval(callback, delay, ...args) {
  return start("setInterval", arguments.length, callback, delay, true, args);
}

export function clearTimeout(id) {
  stopTimer(id);
}

export function clearInterval(id) {
  stopTimer(id);
}

// Go calls fireTimer when a timer is due. The timer may have been cleared since then.
expose("fireTimer", (id) => {
  const timer = timers.get(id);
  if (!timer) return;
  if (!timer.repeat) timers.delete(id);
  try {
    timer.callback.apply(globalThis, timer.args);
  } catch (error) {
    if (!dispatchError(error)) throw error;
  }
});
