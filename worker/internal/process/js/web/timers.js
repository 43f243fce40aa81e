import { setImmediate } from "node:timers";

const { setTimeout } = globalThis;

export const { clearTimeout } = globalThis;

// startTimer calls callback after delay milliseconds. The timers of the runtime keep the async context.
export const startTimer = (callback, delay) => (delay > 0 ? setTimeout(callback, delay) : setImmediate(callback));

// queueTask calls callback in a separate turn.
export const queueTask = (callback) => void setImmediate(callback);
