import { createRequire } from "node:module";
import process from "node:process";

// runJobs runs the jobs of promises that are ready, as a runtime does between two events, and reports whether it can. In Node it throws
// what a callback of process.nextTick throws: the caller must not run other jobs, and must let the exception reach Node, which then puts
// its stack of asynchronous contexts in order.
export function runJobs() {
  if (run === undefined) return false;
  try {
    run();
  } catch (error) {
    if (isNode) throw error;
    process.emit("uncaughtException", error, "uncaughtException");
  }
  return true;
}

const isNode = !globalThis.Bun && !globalThis.Deno;

const run = find();

// find returns the function of the runtime that runs the jobs, or undefined.
function find() {
  if (globalThis.Bun) return createRequire(import.meta.url)("bun:jsc").drainMicrotasks;
  if (globalThis.Deno) return globalThis.Deno[globalThis.Deno.internal]?.core?.runMicrotasks;
  return process._tickCallback;
}
