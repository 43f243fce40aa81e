// How figures, sizes and times are written. All functions return plain text.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** Returns a count: 12,345, and 1.23M from a million on. */
export function count(n) {
  return Math.abs(n) >= 1e6 ? short.format(n) : whole.format(Math.round(n));
}

/** Returns a rate per second: one decimal below ten. */
export function rate(n) {
  if (n > 0 && n < 10) {
    return n.toFixed(1);
  }
  return Math.abs(n) >= 1e5 ? short.format(n) : whole.format(Math.round(n));
}

/** Returns a number of bytes in units of 1024: 512 B, 1.5 KiB. */
export function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit > 0 && n < 10 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

/** Returns a duration given in seconds, in its two largest units: 3 d 4 h, 12 min 5 s, 4.2 s, 230 ms. */
export function duration(seconds) {
  if (seconds < 0.001) {
    return seconds > 0 ? `${Math.max(1, Math.round(seconds * 1e6))} µs` : "0 s";
  }
  if (seconds < 1) {
    return `${seconds < 0.01 ? (seconds * 1000).toFixed(1) : Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  const s = Math.round(seconds);
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = units.findIndex(([size]) => s >= size);
  const parts = [];
  let rest = s;
  for (const [size, name] of units.slice(first, first + 2)) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) {
      parts.push(`${n} ${name}`);
    }
  }
  return parts.join(" ");
}

/** Returns an age in its largest unit only, which is narrow enough for a column: 3 d, 12 min, 4 s. */
export function age(seconds) {
  return seconds < 60 ? `${Math.floor(seconds)} s` : duration(seconds).split(/(?<=[a-z]) /)[0];
}

/** Returns the time of day, with the date unless it is today. */
export function time(value) {
  const at = new Date(value);
  const today = at.toDateString() === new Date().toDateString();
  return today ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
}

/** Returns the time of day with milliseconds. */
export function exactTime(value) {
  const at = new Date(value);
  return `${clock.format(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** Returns how many seconds ago a moment was, or 0. */
export function since(value) {
  return Math.max(0, (Date.now() - new Date(value).getTime()) / 1000);
}

/** Returns a count with its noun: 1 event, 2 events. */
export function plural(n, noun) {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** Returns bytes as rows of offset, hexadecimal digits and ASCII characters. */
export function hexDump(data) {
  const rows = [];
  for (let at = 0; at < data.length; at += 16) {
    const row = [...data.slice(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const ascii = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    rows.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${ascii}`);
  }
  return rows.join("\n");
}

const codes = {
  1000: "normal", 1001: "going away", 1002: "protocol error", 1003: "unsupported data", 1005: "no code", 1006: "no Close",
  1007: "invalid payload", 1008: "policy violation", 1009: "too big", 1010: "extension needed", 1011: "internal error",
  1012: "service restart", 1013: "try again later", 1014: "bad gateway", 1015: "TLS",
};

/** Returns what a close code means, or an empty string for the codes of applications. */
export function codeName(code) {
  return codes[code] ?? "";
}
