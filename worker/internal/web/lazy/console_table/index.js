import { inspect } from "shared";

const maxRows = 100;

// table returns a table with a row for each member of data and a column for each of their properties (Console Standard,
// section 1.1.8). It returns undefined if data is not an object.
export function table(data, columns) {
  const rows = rowsOf(data);
  if (rows === undefined) return undefined;
  const shown = rows.slice(0, maxRows);
  const keys = columns ? [...columns].map(String) : [...new Set(shown.flatMap(([, value]) => (isObject(value) ? Object.keys(value) : [])))];
  const plain = shown.some(([, value]) => !isObject(value));
  const head = [data instanceof Map || data instanceof Set ? "(iteration index)" : "(index)", ...keys, ...(plain ? ["Values"] : [])];
  const lines = shown.map(([index, value]) => {
    const cells = keys.map((key) => (isObject(value) && Object.hasOwn(value, key) ? cell(value, key) : ""));
    return [index, ...cells, ...(plain ? [isObject(value) ? "" : inspect(value)] : [])];
  });
  const more = rows.length - shown.length;
  return draw([head, ...lines]) + (more > 0 ? `\n... ${more} more rows` : "");
}

const isObject = (value) => typeof value === "object" && value !== null;

// cell returns the text of a property. It does not call getters.
function cell(value, key) {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  return "value" in descriptor ? inspect(descriptor.value, { depth: 0 }) : "[Getter]";
}

// rowsOf returns [index, value] for each member of data.
function rowsOf(data) {
  if (!isObject(data)) return undefined;
  if (data instanceof Map) return [...data].map(([key, value], i) => [String(i), { Key: key, Values: value }]);
  if (data instanceof Set) return [...data].map((value, i) => [String(i), value]);
  return Object.keys(data).map((key) => [key, Object.getOwnPropertyDescriptor(data, key).value]);
}

// draw returns the text of a table whose first row is the head.
function draw(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)) + 2);
  const rule = (left, middle, right) => left + widths.map((width) => "─".repeat(width)).join(middle) + right;
  const line = (row) => `│${row.map((text, i) => ` ${text}`.padEnd(widths[i])).join("│")}│`;
  const [head, ...body] = rows.map(line);
  return [rule("┌", "┬", "┐"), head, rule("├", "┼", "┤"), ...body, rule("└", "┴", "┘")].join("\n");
}
