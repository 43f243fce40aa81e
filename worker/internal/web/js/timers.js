import { expect } from "./define.js";
import { expose, host } from "./host.js";

// The longest delay of the web's timers, in milliseconds: it is a signed 32-bit number there.
const longest = 2 ** 31 - 1;

const timers = new Map();
let lastId = 0;

// startTimer has callback called once after delay milliseconds, or every delay milliseconds, and returns the timer's id.
// A repeated timer waits for at least one millisecond, so that it leaves room for events.
export function startTimer(callback, delay, repeat = false, args = []) {
  const milliseconds = Math.min(Math.max(Math.trunc(Number(delay)) || 0, repeat ? 1 : 0), longest);
  const id = ++lastId;
  timers.set(id, { callback, args, repeat });
  host.setTimer(id, milliseconds, repeat);
  return id;
}

// queueTask has callback called in a turn of its own.
export const queueTask = (callback) => startTimer(callback, 0);

function start(what, given, callback, delay, repeat, args) {
  expect(given, 1, what);
  if (typeof callback !== "function") {
    throw new TypeError(`${what} expects a function: text is not compiled`);
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

// An id that was cleared while its turn was on its way is no error.
expose("fireTimer", (id) => {
  const timer = timers.get(id);
  if (!timer) return;
  if (!timer.repeat) timers.delete(id);
  timer.callback.apply(globalThis, timer.args);
});
