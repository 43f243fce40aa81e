import { inspect } from "./inspect.js";
import { shown } from "./inspect_text.js";

// The format specifiers (Console Standard, section 2.2.1). Each formats one argument.
const specifiers = {
  s: (value) => (typeof value === "string" ? value : printed(value)),
  d: (value) => numeric(value, (v) => Number(v)),
  i: (value) => numeric(value, (v) => Number.parseInt(v, 10)),
  f: (value) => (typeof value === "symbol" ? "NaN" : shown(Number.parseFloat(value))),
  j: json,
  o: (value) => inspect(value, { depth: 4 }),
  O: (value) => inspect(value),
  c: () => "",
};

// format converts the arguments of a console method to text.
export function format(args) {
  if (args.length === 1 && typeof args[0] === "string") return args[0];
  if (typeof args[0] !== "string" || !args[0].includes("%")) return args.map(plain).join(" ");
  let used = 1;
  const text = args[0].replace(/%([sdifjoOc%])/g, (whole, letter) => {
    if (letter === "%") return "%";
    return used < args.length ? specifiers[letter](args[used++]) : whole;
  });
  return [text, ...args.slice(used).map(plain)].join(" ");
}

const plain = (value) => (typeof value === "string" ? value : inspect(value));

// numeric formats the argument of %d and %i.
function numeric(value, convert) {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol" || (typeof value === "object" && value !== null)) return "NaN";
  return shown(convert(value));
}

const builtIn = new Set([Object, Array, Error].map(({ prototype }) => prototype.toString));

// printed formats the argument of %s. It calls toString of an object only if the script has defined it.
function printed(value) {
  if (typeof value !== "object" || value === null) return typeof value === "function" ? inspect(value) : shown(value);
  try {
    const own = value.toString;
    if (typeof own === "function" && !builtIn.has(own)) return String(value);
  } catch {
    // toString has thrown: inspect the object instead
  }
  return inspect(value, { depth: 0 });
}

function json(value) {
  try {
    return String(JSON.stringify(value));
  } catch (error) {
    return error instanceof TypeError && /circular/i.test(error.message) ? "[Circular]" : `<not JSON: ${error?.message}>`;
  }
}
