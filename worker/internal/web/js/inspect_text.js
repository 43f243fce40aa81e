const width = 72; // maximum number of characters of a group on one line

const escapes = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\\": "\\\\", "'": "\\'" };
const escapeOf = (c) => escapes[c] ?? "\\x" + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");

// quote returns text within the first kind of quotation marks that it does not contain.
export function quote(text) {
  const mark = ["'", '"', "`"].find((candidate) => !text.includes(candidate)) ?? "'";
  const special = mark === "'" ? /[\0-\x1f\x7f-\x9f'\\]/g : /[\0-\x1f\x7f-\x9f\\]/g;
  return mark + text.replace(special, escapeOf) + mark;
}

// shown returns the text of a primitive value that is not a string.
export function shown(value) {
  if (typeof value === "bigint") return `${value}n`;
  return Object.is(value, -0) ? "-0" : String(value);
}

// keyText returns the text of a property's key.
export function keyText(key) {
  if (typeof key === "symbol") return `[${String(key)}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
}

// truncate returns the first length characters of a text, and the number of further ones. decorate is applied to the
// characters.
export function truncate(text, length, decorate = (part) => part) {
  return text.length > length ? `${decorate(text.slice(0, length))}... ${text.length - length} more characters` : decorate(text);
}

// group returns texts on one line if they fit, and otherwise each on a separate line.
export function group(open, texts, close, level) {
  if (texts.length === 0) return open + close;
  const line = texts.join(", ");
  if (line.length <= width && !line.includes("\n")) return `${open} ${line} ${close}`;
  const indent = "\n" + "  ".repeat(level + 1);
  return open + indent + texts.join("," + indent) + "\n" + "  ".repeat(level) + close;
}
