const width = 72; // characters that are put on one line

const escapes = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\\": "\\\\", "'": "\\'" };
const escapeOf = (c) => escapes[c] ?? "\\x" + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");

// quote puts text within the first kind of quotation mark that does not occur in it.
export function quote(text) {
  const mark = ["'", '"', "`"].find((candidate) => !text.includes(candidate)) ?? "'";
  const special = mark === "'" ? /[\0-\x1f\x7f-\x9f'\\]/g : /[\0-\x1f\x7f-\x9f\\]/g;
  return mark + text.replace(special, escapeOf) + mark;
}

// shown is the text of a primitive that is no string.
export function shown(value) {
  if (typeof value === "bigint") return `${value}n`;
  return Object.is(value, -0) ? "-0" : String(value);
}

// keyText is the text of a property's name.
export function keyText(key) {
  if (typeof key === "symbol") return `[${String(key)}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
}

// cut keeps the first characters of a text, and says how many there are more.
export function cut(text, length, dress = (part) => part) {
  return text.length > length ? `${dress(text.slice(0, length))}... ${text.length - length} more characters` : dress(text);
}

// group puts texts on one line if they fit, and else each on a line of its own.
export function group(open, texts, close, level) {
  if (texts.length === 0) return open + close;
  const line = texts.join(", ");
  if (line.length <= width && !line.includes("\n")) return `${open} ${line} ${close}`;
  const indent = "\n" + "  ".repeat(level + 1);
  return open + indent + texts.join("," + indent) + "\n" + "  ".repeat(level) + close;
}
