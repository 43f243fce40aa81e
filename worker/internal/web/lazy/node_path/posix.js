import { checkString } from "lazy/node_errors";
import { formatWith, segments, suffixOf, withoutSuffix } from "./common.js";

const isSeparator = (c) => c === "/";

// trimmed returns a path without the slashes at its end, except for a root.
const trimmed = (path) => path.replace(/(?<=[^/])\/+$/, "");

function normalize(path) {
  checkString(path, "path");
  if (path === "") return ".";
  const absolute = path[0] === "/";
  const text = segments(path, isSeparator, !absolute).join("/");
  if (text === "") return absolute ? "/" : path.endsWith("/") ? "./" : ".";
  return `${absolute ? "/" : ""}${text}${path.endsWith("/") ? "/" : ""}`;
}

function isAbsolute(path) {
  checkString(path, "path");
  return path[0] === "/";
}

function join(...parts) {
  for (const part of parts) checkString(part, "path");
  return normalize(parts.filter((part) => part !== "").join("/"));
}

function resolve(...parts) {
  let path = "";
  for (let i = parts.length - 1; i >= 0 && path[0] !== "/"; i--) {
    checkString(parts[i], `paths[${i}]`);
    if (parts[i] !== "") path = path === "" ? parts[i] : `${parts[i]}/${path}`;
  }
  return `/${segments(path, isSeparator, false).join("/")}`; // the working directory is "/"
}

function relative(from, to) {
  checkString(from, "from");
  checkString(to, "to");
  const [source, target] = [resolve(from), resolve(to)].map((path) => path.split("/").filter(Boolean));
  let same = 0;
  while (same < source.length && source[same] === target[same]) same++;
  return [...source.slice(same).map(() => ".."), ...target.slice(same)].join("/");
}

function dirname(path) {
  checkString(path, "path");
  if (/^\/+$/.test(path)) return "/";
  const rest = trimmed(path);
  const at = rest.lastIndexOf("/");
  if (at < 0) return ".";
  return /^\/?$/.test(rest.slice(0, at)) ? rest.slice(0, at + 1) : rest.slice(0, at);
}

function basename(path, suffix) {
  checkString(path, "path");
  const rest = trimmed(path);
  return suffix === path ? "" : withoutSuffix(rest.slice(rest.lastIndexOf("/") + 1), suffix);
}

function extname(path) {
  checkString(path, "path");
  return suffixOf(basename(path));
}

function parse(path) {
  checkString(path, "path");
  const root = path[0] === "/" ? "/" : "";
  const base = basename(path);
  const ext = suffixOf(base);
  const rest = trimmed(path);
  const at = rest.lastIndexOf("/");
  const dir = base === "" || at < 0 ? root : rest.slice(0, at) || root;
  return { root, dir, base, ext, name: ext === "" ? base : base.slice(0, -ext.length) };
}

export const posix = {
  basename, delimiter: ":", dirname, extname, format: formatWith("/"), isAbsolute, join, normalize, parse, relative, resolve, sep: "/",
  toNamespacedPath: (path) => path,
};
