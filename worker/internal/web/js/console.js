import { format } from "./format.js";
import { host } from "./host.js";
import { inspect } from "./inspect.js";
import { lazy } from "./lazy.js";

// The numbers of the levels in Go.
const levels = { debug: 0, log: 1, info: 2, warn: 3, error: 4 };
const maxIndent = 20; // levels of groups

let groups = 0;

// print prints a text with the indentation of the current group.
function print(level, text) {
  const indent = "  ".repeat(Math.min(groups, maxIndent));
  host.console(level, indent === "" ? text : indent + text.replaceAll("\n", "\n" + indent));
}

// console is a namespace object (Console Standard, section 1): its methods do not use this. Its prototype is an empty object.
export const console = Object.create({});
for (const [name, level] of Object.entries(levels)) {
  console[name] = { [name]: (...args) => print(level, format(args)) }[name];
}

Object.assign(console, {
  trace(...args) {
    const title = args.length > 0 ? `Trace: ${format(args)}` : "Trace";
    const stack = (new Error().stack ?? "").split("\n").slice(2).join("\n").trimEnd();
    print(levels.error, stack === "" ? title : `${title}\n${stack}`);
  },
  assert(condition = false, ...args) {
    if (condition) return;
    if (args.length === 0) print(levels.error, "Assertion failed");
    else if (typeof args[0] === "string") print(levels.error, format([`Assertion failed: ${args[0]}`, ...args.slice(1)]));
    else print(levels.error, format(["Assertion failed:", ...args]));
  },
  // dir has the option depth of Node: the levels of nesting that are shown, null for all.
  dir(value = undefined, options = undefined) {
    const depth = options?.depth;
    print(levels.log, inspect(value, { depth: depth === null ? Infinity : depth }));
  },
  dirxml(...args) {
    print(levels.log, format(args));
  },
  table(data = undefined, columns = undefined) {
    print(levels.log, lazy("console_table").table(data, columns) ?? format([data]));
  },
  group,
  groupCollapsed(...args) {
    group(...args);
  },
  groupEnd() {
    groups = Math.max(groups - 1, 0);
  },
});
function group(...args) {
  if (args.length > 0) print(levels.log, format(args));
  groups++;
}

const counts = new Map(); // the values of counters by label
const startTimes = new Map(); // the start times of timers by label
const labelOf = (label = "default") => `${label}`;

Object.assign(console, {
  count(label = "default") {
    const name = labelOf(label);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    print(levels.info, `${name}: ${counts.get(name)}`);
  },
  countReset(label = "default") {
    const name = labelOf(label);
    if (!counts.delete(name)) print(levels.warn, `Count for "${name}" does not exist`);
  },
  time(label = "default") {
    const name = labelOf(label);
    if (startTimes.has(name)) print(levels.warn, `Timer "${name}" already exists`);
    else startTimes.set(name, host.now());
  },
  timeLog(label = "default", ...args) {
    printElapsed(label, args);
  },
  timeEnd(label = "default") {
    if (printElapsed(label, [])) startTimes.delete(labelOf(label));
  },
  // The following methods affect only developer tools.
  clear() {},
  timeStamp() {},
  profile() {},
  profileEnd() {},
  createTask: (name) => ({ name: `${name}`, run: (callback) => callback() }),
});

// printElapsed prints the time of a timer. It returns false if there is no such timer.
function printElapsed(label, args) {
  const name = labelOf(label);
  if (!startTimes.has(name)) {
    print(levels.warn, `Timer "${name}" does not exist`);
    return false;
  }
  const time = `${name}: ${Number((host.now() - startTimes.get(name)).toFixed(3))}ms`;
  print(levels.info, args.length > 0 ? `${time} ${format(args)}` : time);
  return true;
}

Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
