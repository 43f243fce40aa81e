import { begin, capture } from "./context.js";
import { expect } from "./define.js";
import { expose, host } from "./host.js";
import { dispatchError } from "./report.js";

// The maximum delay in milliseconds. In browsers a delay is a signed 32-bit number.
const maxDelay = 2 ** 31 - 1;

const timers = new Map();
let lastId = 0;

// startTimer calls callback after delay milliseconds, or repeatedly, and returns the id of the timer. The delay of a
// repeated timer is at least one millisecond, so that events are handled in between.
export function startTimer(callback, delay, repeat = false, args = []) {
  const milliseconds = Math.min(Math.max(Math.trunc(Number(delay)) || 0, repeat ? 1 : 0), maxDelay);
  const id = ++lastId;
  const timer = { callback, args, repeat };
  if (capture() !== undefined) {
    timer.operation = begin(() => stopTimer(id));
    if (timer.operation.refused) return id;
  }
  timers.set(id, timer);
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
  const number = Number(id);
  const timer = timers.get(number);
  if (!timer) return;
  timers.delete(number);
  timer.operation?.end();
  host.clearTimer(number);
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

// Go calls fireTimer when a timer is due. The timer may have been cleared since then. A repeated timer whose callback still waits is
// not called once more.
expose("fireTimer", (id) => {
  const timer = timers.get(id);
  if (!timer || timer.waiting) return;
  if (timer.operation === undefined) return fire(id);
  timer.waiting = true;
  timer.operation.step(fire, id);
});

// fire calls the callback of a timer, unless it was cleared while it waited.
function fire(id) {
  const timer = timers.get(id);
  if (!timer) return;
  if (timer.waiting) timer.waiting = false;
  if (!timer.repeat) {
    timers.delete(id);
    timer.operation?.end();
  }
  try {
    timer.callback.apply(globalThis, timer.args);
  } catch (error) {
    if (!dispatchError(error)) throw error;
  }
}
