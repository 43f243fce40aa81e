import { checkString, wrongType } from "lazy/node_errors";

// segments resolves "." and ".." in a path without its root. above keeps those ".." that would leave the root.
export function segments(path, isSeparator, above) {
  const result = [];
  let start = 0;
  for (let i = 0; i <= path.length; i++) {
    if (i < path.length && !isSeparator(path[i])) continue;
    const part = path.slice(start, i);
    start = i + 1;
    if (part === "" || part === ".") continue;
    if (part === ".." && result.length > 0 && result.at(-1) !== "..") result.pop();
    else if (part !== ".." || above) result.push(part);
  }
  return result;
}

// suffixOf returns the part of a name from its last dot on, which is not its first character.
export function suffixOf(base) {
  const at = base.lastIndexOf(".");
  return at <= 0 || base === ".." ? "" : base.slice(at);
}

// withoutSuffix removes a suffix from a name, unless that is the whole name.
export function withoutSuffix(base, suffix) {
  if (suffix === undefined) return base;
  checkString(suffix, "suffix");
  return suffix !== base && base.endsWith(suffix) ? base.slice(0, base.length - suffix.length) : base;
}

// formatWith returns the function format for a separator.
export const formatWith = (separator) => (parts) => {
  if (typeof parts !== "object" || parts === null) throw wrongType("pathObject", "an object", parts);
  const dir = parts.dir || parts.root;
  const ext = parts.ext ? `${parts.ext[0] === "." ? "" : "."}${parts.ext}` : "";
  const base = parts.base || `${parts.name || ""}${ext}`;
  if (!dir) return base;
  return dir === parts.root ? `${dir}${base}` : `${dir}${separator}${base}`;
};
