import { readFileSync } from "node:fs";
import { framesOf } from "process/thrown.js";

const positions = new WeakMap(); // the places at which functions were passed to Linger: [file, line, column]
const own = new Set(["linger:worker", "native"]); // the names of files without code of the application
let application = { name: "", text: "" };

// setApplication sets the code of the application, in which functions are found: text, or the file that has it. name is the name of its file.
export function setApplication(name, text, path) {
  application = { name, text: text || undefined, path };
}

// notePosition records the position of the code of the application that calls a function of Linger as that of fn.
export function notePosition(fn) {
  if (typeof fn !== "function" || positions.has(fn)) return;
  const position = callerOf(new Error().stack);
  if (position) positions.set(fn, position);
}

// callerOf returns the position of the first frame of a stack in the code of the application, or undefined.
function callerOf(stack) {
  const frames = framesOf(String(stack));
  for (let i = 0; i < frames.length; i += 4) {
    if (!own.has(frames[i + 1])) return frames.slice(i + 1, i + 4);
  }
}

// positionOf returns file, line and column of a function, or undefined if they are not known.
export function positionOf(fn) {
  return find(fn) ?? positions.get(fn);
}

// find finds the source of a function in the file of the application.
function find(fn) {
  if (typeof fn !== "function") return undefined;
  application.text ??= read(application.path);
  const at = application.text.indexOf(Function.prototype.toString.call(fn));
  if (at < 0) return undefined;
  const before = application.text.slice(0, at);
  return [application.name, before.split("\n").length, at - before.lastIndexOf("\n")];
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // the file was removed: then there are no positions
  }
}
