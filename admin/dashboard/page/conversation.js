// Events as they happen, from /v1/tail: the conversation of one connection, and those of the whole server.

import { h, icon, setText } from "./dom.js";
import { bytes, codeName, duration, exactTime, hexDump, plural } from "./format.js";
import { causeText, connectionLink } from "./ui.js";

const maxLines = 500;

/** Returns the bytes of a text in base64. */
function decode(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Returns who closed a connection and why. */
export function closeText({ code, reason, initiator, cause, error }) {
  const by = initiator === "neither" ? `ended without a Close (${code})` : `closed by the ${initiator} with ${`${code} ${codeName(code)}`.trim()}`;
  const quoted = reason ? ` “${reason}”` : "";
  const why = cause === "close" ? "" : `, ${causeText(cause)}`;
  return `${by}${quoted}${why}${error ? `: ${error}` : ""}`;
}

/** Returns the payload of a message for people, or null if the event has none. */
function payload({ text, data, truncated }) {
  const shown = text ?? (data !== undefined ? hexDump(decode(data)) : null);
  return shown !== null && truncated ? `${shown}…` : shown;
}

const names = {
  opened: "opened", closed: "closed", refused: "refused", slow: "send queue full", failure: "event failed", reload: "reload",
  replacement: "engine replaced", drain: "drain", upgrade: "upgrade",
};

/** Returns the text of an event that is not a message. */
function describeEvent(event) {
  switch (event.event) {
    case "closed":
      return `${closeText(event.close)}, after ${duration(event.close.age)}`;
    case "refused":
      return `refused with ${event.status}: ${event.reason}`;
    case "slow":
      return `the send queue is full, policy ${event.reason}`;
    case "dropped":
      return `${plural(event.count, "event")} left out: there were too many`;
    case "opened":
      return "opened";
  }
  const { text = "", at = "", ok } = event.entry ?? {};
  const failed = event.event === "reload" && ok === false ? " failed" : "";
  return [names[event.event] + failed, text, at].filter(Boolean).join(": ");
}

/** Returns the icon of an event. */
function eventIcon({ event }) {
  switch (event) {
    case "message": return h("span", { class: "received", title: "received" }, icon("in"), h("span", { class: "hidden" }, "received"));
    case "sent": return h("span", { class: "sent", title: "sent" }, icon("out"), h("span", { class: "hidden" }, "sent"));
    case "closed": case "refused": return h("span", { class: "soft" }, icon("close"));
    case "opened": return h("span", { class: "soft" }, icon("next"));
    case "failure": case "slow": case "replacement": return h("span", { class: "error" }, icon("failure"));
    default: return h("span", { class: "soft" }, icon(names[event] ? event : "failure"));
  }
}

/** A list of events. It follows the newest as long as it is scrolled to the end, and keeps the last 500. */
export class EventList {
  /** @param withConnections whether each line names its connection */
  constructor(element, empty, { withConnections = false } = {}) {
    this.element = element;
    this.empty = empty;
    this.withConnections = withConnections;
    this.waiting = [];
    this.element.replaceChildren();
  }

  /** Adds an event. Those of a tenth of a second are shown together. */
  add(event) {
    this.waiting.push(event);
    if (this.waiting.length > maxLines) {
      this.waiting.shift();
    }
    this.frame ??= setTimeout(() => this.show(), 100);
  }

  show() {
    this.frame = undefined;
    const { element } = this;
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 30;
    element.append(...this.waiting.splice(0).map((event) => this.line(event)));
    while (element.childElementCount > maxLines) {
      element.firstElementChild.remove();
    }
    this.empty.hidden = element.childElementCount > 0;
    if (atEnd) {
      element.scrollTop = element.scrollHeight;
    }
  }

  clear() {
    this.waiting = [];
    this.element.replaceChildren();
    this.empty.hidden = false;
  }

  line(event) {
    return h("li", {}, h("time", { datetime: event.time }, exactTime(event.time)), eventIcon(event), this.body(event), this.size(event));
  }

  body(event) {
    const isMessage = event.event === "message" || event.event === "sent";
    const text = isMessage ? payload(event) : describeEvent(event);
    const body = h("div", { class: text === null || !isMessage ? "body note" : "body" });
    if (this.withConnections && event.connection) {
      body.append(h("a", { href: connectionLink(event.connection), class: "mono" }, event.connection), " ");
    }
    if (this.withConnections && event.url) {
      body.append(h("span", { class: "soft" }, `${event.url} `));
    }
    body.append(h("span", {}, text ?? `${event.kind} message`));
    return body;
  }

  size({ size }) {
    return h("span", { class: "size" }, size === undefined ? "" : bytes(size));
  }
}

/** Shows the state of a stream in an element, unless it is open. */
export function showStreamState(element, state) {
  setText(element, state === "waiting" ? "no connection to the server, trying again" : "");
}
