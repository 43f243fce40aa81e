import { checkString } from "lazy/node_errors";
import { formatWith, segments, suffixOf, withoutSuffix } from "./common.js";

const isSeparator = (c) => c === "/" || c === "\\";

// split returns the device of a path, such as "C:" or "\\server\share", whether it is absolute, and the rest.
function split(path) {
  const share = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/.exec(path);
  if (share) return { device: `\\\\${share[1]}\\${share[2]}`, source: share[0], absolute: true, rest: path.slice(share[0].length) };
  const drive = /^[a-zA-Z]:/.exec(path)?.[0] ?? "";
  const rest = path.slice(drive.length);
  return { device: drive, source: drive, absolute: isSeparator(rest[0] ?? ""), rest };
}

// rootOf returns the root of a path as it is written.
function rootOf(path) {
  const { source, rest } = split(path);
  return source + (isSeparator(rest[0] ?? "") ? rest[0] : "");
}

function normalize(path) {
  checkString(path, "path");
  if (path === "") return ".";
  const { device, absolute, rest } = split(path);
  let tail = segments(rest, isSeparator, !absolute).join("\\");
  if (tail === "" && !absolute) tail = ".";
  if (tail !== "" && isSeparator(rest.at(-1) ?? "")) tail += "\\";
  return `${device}${absolute ? "\\" : ""}${tail}`;
}

function isAbsolute(path) {
  checkString(path, "path");
  return isSeparator(path[0] ?? "") || /^[a-zA-Z]:[\\/]/.test(path);
}

function join(...parts) {
  for (const part of parts) checkString(part, "path");
  const used = parts.filter((part) => part !== "");
  if (used.length === 0) return ".";
  let joined = used.join("\\");
  // Only a first part that is a share by itself makes the result one.
  if (!/^[\\/]{2}[^\\/]/.test(used[0]) || used[0].length === 1) joined = joined.replace(/^[\\/]{2,}/, "\\");
  return normalize(joined);
}

function resolve(...parts) {
  let device = "";
  let tail = "";
  let absolute = false;
  for (let i = parts.length - 1; i >= -1 && !(absolute && device !== ""); i--) {
    const path = i >= 0 ? parts[i] : "C:\\"; // the working directory
    checkString(path, `paths[${i}]`);
    if (path === "") continue;
    const part = split(path);
    if (part.device !== "" && device !== "" && part.device.toLowerCase() !== device.toLowerCase()) continue;
    device ||= part.device;
    if (absolute) continue;
    tail = `${part.rest}\\${tail}`;
    absolute = part.absolute;
  }
  const text = segments(tail, isSeparator, !absolute).join("\\");
  return `${device}${absolute ? "\\" : ""}${text}` || ".";
}

function relative(from, to) {
  checkString(from, "from");
  checkString(to, "to");
  const [source, target] = [resolve(from), resolve(to)];
  if (source.toLowerCase() === target.toLowerCase()) return "";
  const [a, b] = [source, target].map((path) => path.split("\\").filter(Boolean));
  let same = 0;
  while (same < a.length && a[same].toLowerCase() === b[same]?.toLowerCase()) same++;
  if (same === 0) return target;
  return [...a.slice(same).map(() => ".."), ...b.slice(same)].join("\\");
}

// trimmed returns a path without the separators at its end, except for those of its root.
function trimmed(path) {
  const root = rootOf(path);
  return root + path.slice(root.length).replace(/[\\/]+$/, "");
}

const lastSeparator = (path) => Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));

function dirname(path) {
  checkString(path, "path");
  if (path === "") return ".";
  const root = rootOf(path);
  const rest = trimmed(path).slice(root.length);
  const at = lastSeparator(rest);
  if (at < 0) return root || ".";
  return root + rest.slice(0, at);
}

function basename(path, suffix) {
  checkString(path, "path");
  const rest = trimmed(path).slice(/^[a-zA-Z]:/.test(path) ? 2 : 0);
  return suffix === path ? "" : withoutSuffix(rest.slice(lastSeparator(rest) + 1), suffix);
}

function extname(path) {
  checkString(path, "path");
  return suffixOf(basename(path));
}

function parse(path) {
  checkString(path, "path");
  const root = rootOf(path);
  const base = trimmed(path).length <= root.length ? "" : basename(path);
  const ext = suffixOf(base);
  const dir = base === "" || dirname(path) === "." && root === "" ? root : dirname(path);
  return { root, dir, base, ext, name: ext === "" ? base : base.slice(0, -ext.length) };
}

// toNamespacedPath returns an absolute path with the prefix for long paths.
function toNamespacedPath(path) {
  if (typeof path !== "string" || path === "") return path;
  const resolved = resolve(path);
  if (/^\\\\[^?.]/.test(resolved)) return `\\\\?\\UNC\\${resolved.slice(2)}`;
  return /^[a-zA-Z]:\\/.test(resolved) ? `\\\\?\\${resolved}` : path;
}

export const win32 = {
  basename, delimiter: ";", dirname, extname, format: formatWith("\\"), isAbsolute, join, normalize, parse, relative, resolve, sep: "\\",
  toNamespacedPath,
};
