import { host } from "shared";

// The functions of this module bring a component into the form that it has in a URL (URL Pattern Standard, section 3.1). They
// throw a TypeError for a text that it cannot contain.

export const special = new Map([["http", "80"], ["https", "443"], ["ws", "80"], ["wss", "443"], ["ftp", "21"], ["file", ""]]);

const dummy = "https://dummy.invalid/";

// The positions of the attributes in the result of host.parseURL.
const at = { protocol: 1, username: 2, password: 3, hostname: 5, port: 6, pathname: 7, search: 8, hash: 9 };

// parts returns the attributes of a URL by name, without the delimiters, or throws.
export function parts(url, base = undefined) {
  const list = base === undefined ? host.parseURL(url) : host.parseURL(url, base);
  if (typeof list === "string") throw new TypeError(list);
  const values = {};
  for (const [name, i] of Object.entries(at)) values[name] = list[i];
  values.protocol = values.protocol.slice(0, -1);
  values.search = values.search.slice(1);
  values.hash = values.hash.slice(1);
  return values;
}

// set returns an attribute of a URL after it was set.
const set = (name, value, url = dummy) => host.setURL(url, name, value)[at[name]];

const unlessEmpty = (encode) => (value, ...rest) => (value === "" ? "" : encode(value, ...rest));

export const protocol = unlessEmpty((value) => parts(`${value}://dummy.invalid`).protocol);
export const username = unlessEmpty((value) => set("username", value));
export const password = unlessEmpty((value) => set("password", value));
export const search = unlessEmpty((value) => set("search", "?" + value).slice(1));
export const hash = unlessEmpty((value) => set("hash", "#" + value).slice(1));

// hostname ends at the first character that ends the host of a URL.
export const hostname = unlessEmpty((value, scheme = "https") => {
  const name = value.replace(/[\t\n\r]/g, "");
  const end = name.search(special.has(scheme) ? /[/?#\\]/ : /[/?#]/);
  const text = end < 0 ? name : name.slice(0, end);
  if (/@/.test(text) || /:/.test(text.replace(/^\[.*\]$/, ""))) throw new TypeError(`"${value}" is not a host name`);
  return parts(`${scheme}://${text}/`).hostname;
});

export const ipv6Hostname = unlessEmpty((value) => {
  if (!/^[0-9a-fA-F[\]:]*$/.test(value)) throw new TypeError(`"${value}" is not a part of an IPv6 address`);
  return value.toLowerCase();
});

// port returns "" for the default port of a scheme.
export const port = unlessEmpty((value, scheme = "") => {
  const [digits] = /^[0-9]*/.exec(value.replace(/[\t\n\r]/g, ""));
  if (digits === "" || Number(digits) > 65535) throw new TypeError(`"${value}" is not a port`);
  const number = `${Number(digits)}`;
  return special.get(scheme) === number ? "" : number;
});

// pathname encodes a path that has segments. A path without leading slash is encoded after one that is removed again.
export const pathname = unlessEmpty((value) => (value[0] === "/" ? set("pathname", value) : set("pathname", "/-" + value).slice(2)));

// opaquePathname encodes a path without segments. The fragment keeps spaces at its end from being removed.
export const opaquePathname = unlessEmpty((value) => parts(`data:${value}#`).pathname);
