// Parts that several views use.

import { byId, h, icon, setAttribute, setText } from "./dom.js";
import { codeName, duration, plural, time } from "./format.js";
import { connectionPath } from "./api.js";

const causes = {
  close: "closing handshake", violation: "protocol violation", eof: "TCP ended without a Close", transport: "TCP failed",
  timeout: "no answer in time", keepalive: "pings not answered", stalled: "stopped reading", abort: "aborted",
  slow: "send queue full", idle: "no messages for too long", lifetime: "lifetime reached", shutdown: "shutdown", drain: "drain",
  memory: "memory budget used up", panic: "handler panicked", handshake: "opening handshake failed",
};

/** Returns what a cause means. */
export function causeText(cause) {
  return causes[cause] ?? cause;
}

const states = { open: "open", halfOpen: "half-open", closing: "closing", closed: "closed" };

/** Returns the name of a connection's state. */
export function stateName(state) {
  return states[state] ?? state;
}

/** Makes an element a pill with a text and one of the tones "good", "warn", "bad" and "". */
export function showPill(element, text, tone) {
  setText(element, text);
  setAttribute(element, "class", `pill ${tone}`);
  element.hidden = text === "";
}

/** Returns the address of the view of a connection. */
export function connectionLink(id) {
  return `#/connections/${encodeURIComponent(id)}`;
}

/** Returns the cells for a close code: the number and what it means. */
export function codeCell(code) {
  return h("td", {}, h("b", {}, String(code)), h("span", { class: "soft" }, codeName(code) || codeRange(code)));
}

/** Returns the range to which a close code without a registered meaning belongs. */
export function codeRange(code) {
  return code >= 4000 ? "application" : code >= 3000 ? "registered" : "";
}

/** Returns a bar whose length showMeter sets. */
export function meter(kind = "") {
  return h("span", { class: `meter ${kind}`, "aria-hidden": "true" }, h("span", {}));
}

/** Sets the length of a meter to a share between 0 and 1. */
export function showMeter(element, share) {
  element.firstElementChild.style.width = `${(Math.min(Math.max(share, 0), 1) * 100).toFixed(1)}%`;
}

/** Shows an error's message, or hides the element if there is none. */
export function showError(element, error) {
  setText(element, error ? describe(error) : "");
  element.hidden = !error;
}

/** Returns the message of an error. A TypeError is what fetch throws without an answer. */
export function describe(error) {
  return error instanceof TypeError ? "The server does not answer." : error.message;
}

/** Shows a dialog. Its form calls submit, whose rejection is shown; otherwise the dialog is closed. */
export function openDialog(dialog, submit) {
  const form = dialog.querySelector("form");
  const error = dialog.querySelector("[role=alert]");
  showError(error, null);
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      await submit();
      dialog.close();
    } catch (failure) {
      showError(error, failure);
    }
  };
  for (const button of dialog.querySelectorAll("[data-cancel]")) {
    button.onclick = () => dialog.close();
  }
  if (!dialog.open) {
    dialog.showModal();
  }
}

/** Returns the seconds of a duration such as 90s, 1.5m, 1h30m or 250ms, or null if the text is none. A number alone is seconds. */
export function parseDuration(text) {
  const units = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86400 };
  const value = text.replaceAll(" ", "");
  if (/^\d+(\.\d+)?$/.test(value)) {
    return Number(value);
  }
  if (!/^(\d+(\.\d+)?(ms|s|min|m|h|d))+$/.test(value)) {
    return null;
  }
  return [...value.matchAll(/([\d.]+)(ms|s|min|m|h|d)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit], 0);
}

/** Returns the bytes of a size such as 512, 64KiB or 1M, or null if the text is none. */
export function parseSize(text) {
  const parts = /^(\d+(?:\.\d+)?) ?([kmg]?)(?:i?b)?$/i.exec(text.trim());
  return parts && Math.round(Number(parts[1]) * 1024 ** " kmg".indexOf(parts[2].toLowerCase() || " "));
}

const titles = { start: "Started", reload: "Application reloaded", drain: "Drain", upgrade: "Upgrade" };

/** Returns the element of an entry of the timeline. */
export function newEntry(entry) {
  const tone = ["reload", "upgrade"].includes(entry.kind) && entry.ok ? "good" : entry.ok ? "" : "bad";
  return h("li", { class: `${entry.kind} ${tone}` },
    h("time", {}),
    h("span", { class: "mark-icon" }, icon(entry.kind)),
    h("div", {}, h("div", { class: "text" }, entryTitle(entry)), h("div", { class: "more" })));
}

/** Shows in an entry's element how often it has occurred. */
export function showEntry(element, entry) {
  if (element.occurrences !== entry.count) {
    element.occurrences = entry.count;
    const at = element.firstChild;
    setText(at, time(entry.last));
    setAttribute(at, "datetime", entry.last);
    element.querySelector(".more").replaceChildren(...entryDetails(entry));
  }
}

/** Returns the first line of an entry. */
function entryTitle(entry) {
  if (entry.kind === "failure") {
    return entry.text;
  }
  if (entry.kind === "reload" && !entry.ok) {
    return `Reload failed: ${entry.text}`;
  }
  if (entry.kind === "replacement") {
    return `Engine replaced: ${entry.text}`;
  }
  return entry.text || titles[entry.kind] || entry.kind;
}

/** Returns the details of an entry as nodes, with separators. */
function entryDetails(entry) {
  const parts = [
    entry.at !== "" && h("code", {}, entry.at),
    entry.event !== "" && `${entry.event} event`,
    entry.connection !== "" && h("a", { href: connectionLink(entry.connection) }, entry.connection),
    entry.worker >= 0 && `worker ${entry.worker}`,
    entry.reason !== "" && entry.reason,
    entry.generation > 0 && `generation ${entry.generation}`,
    entry.took > 0 && `took ${duration(entry.took)}`,
    entry.count > 1 && `${plural(entry.count, "time")} since ${time(entry.time)}`,
  ].filter(Boolean);
  return parts.flatMap((part, i) => (i === 0 ? [part] : [" · ", part]));
}

/** Returns a key under which an entry of the timeline stays the same while its repetitions are counted. */
export function entryKey(entry) {
  return `${entry.time} ${entry.kind} ${entry.text}`;
}

/** Lets a click anywhere in a table's row follow the link in it, unless text is being selected. */
export function followRows(body) {
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr.link");
    if (row && !event.target.closest("a, button") && getSelection().isCollapsed) {
      row.querySelector("a").click();
    }
  });
}

/** Returns the path of the API for a connection's subscription. */
export function subscriptionPath(id, channel) {
  return `${connectionPath(id)}/channels/${encodeURIComponent(channel)}`;
}

/** Selects light or dark: what the system has, until the button has been pressed. */
export function startTheme() {
  const saved = localStorage.getItem("linger-theme");
  if (saved) {
    document.documentElement.dataset.theme = saved;
  }
  byId("theme").onclick = () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("linger-theme", document.documentElement.dataset.theme);
  };
}

/** Marks one of several links as the current one. */
export function markCurrent(links, current) {
  for (const link of links) {
    setAttribute(link, "aria-current", link === current ? "page" : null);
  }
}
