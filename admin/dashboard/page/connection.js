// One connection: what is recorded about it, its conversation, and what can be done to it.

import { byId, h, icon, list, setAttribute, setText } from "./dom.js";
import { age, bytes, codeName, count, duration, exactTime, plural, since, time } from "./format.js";
import { APIError, Stream, connectionPath, get, request, withQuery } from "./api.js";
import { EventList, closeText, showStreamState } from "./conversation.js";
import { codeRange, describe, meter, openDialog, showError, showMeter, showPill, stateName, subscriptionPath } from "./ui.js";

const pauseMs = 1000;

/** The view's state: the connection that it shows, and what watches it. */
const view = { id: null, timer: 0, stream: null, events: null, ended: false };

export function startConnection() {
  byId("watch").onclick = () => (view.stream ? unwatch() : watch());
  byId("payloads").onchange = () => {
    unwatch();
    watch();
  };
  byId("connection-close").onclick = openCloseDialog;
  byId("close-code").oninput = showCodeMeaning;
  byId("subscribe").onsubmit = (event) => {
    event.preventDefault();
    changeSubscription("PUT", byId("subscribe-channel").value).then((done) => done && byId("subscribe").reset());
  };
  byId("send").onsubmit = send;
  byId("send-text").onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      byId("send").requestSubmit();
    }
  };
}

/** Shows the view of a connection. */
export function showConnection(id) {
  hideConnection();
  view.id = id;
  view.ended = false;
  setText(byId("connection-id"), id);
  byId("connection-end").hidden = true;
  byId("payloads").checked = false;
  showPill(byId("connection-state"), "", "");
  for (const part of ["facts", "subscriptions", "recent"]) {
    list(byId(part), [], () => "", () => null, () => {});
  }
  setControls(true);
  showError(byId("subscribe-error"), null);
  setText(byId("send-hint"), "");
  view.events = new EventList(byId("messages"), byId("messages-empty"));
  view.events.clear();
  watch();
  load();
}

export function hideConnection() {
  clearTimeout(view.timer);
  unwatch();
  view.id = null;
}

/** Enables what needs an open connection. */
function setControls(on) {
  for (const control of [...byId("send").elements, ...byId("subscribe").elements, byId("connection-close"), byId("watch"), byId("payloads")]) {
    control.disabled = !on;
  }
}

async function load() {
  const { id } = view;
  try {
    const details = await get(connectionPath(id));
    if (id === view.id) {
      showDetails(details);
    }
  } catch (error) {
    if (id !== view.id) {
      return;
    }
    if (error instanceof APIError && (error.status === 410 || error.status === 404)) {
      await findEnd(id);
      return;
    }
  }
  if (id === view.id && !view.ended) {
    view.timer = setTimeout(load, pauseMs);
  }
}

/** Shows how a connection ended that is not open. */
async function findEnd(id) {
  const { closes } = await get(withQuery("/v1/closes", { connection: id })).catch(() => ({ closes: [] }));
  if (id === view.id && !view.ended) {
    showEnd(closes[0] ? `${closeText(closes[0].close)}, at ${time(closes[0].time)}` : "not open: it has ended, or never existed");
  }
}

function showEnd(text) {
  view.ended = true;
  clearTimeout(view.timer);
  unwatch();
  setControls(false);
  showPill(byId("connection-state"), "ended", "");
  setText(byId("connection-end"), `This connection is ${text}.`);
  byId("connection-end").hidden = false;
}

function showDetails(c) {
  showPill(byId("connection-state"), stateName(c.state), { open: "good", halfOpen: "warn", closing: "warn" }[c.state] ?? "");
  const facts = [
    ["URL", c.url],
    ["Host", c.host],
    ["Address", c.address],
    ["Origin", c.origin],
    ["User agent", c.identity.userAgent],
    ["Subprotocol", c.protocol],
    ["Connected", `${time(c.connectedAt)}, ${duration(since(c.connectedAt))} ago`],
    ["Last message", c.received.messages + c.sent.messages > 0 ? `${age(c.idle)} ago` : ""],
    ["Round trip", c.roundTrip > 0 ? duration(c.roundTrip) : ""],
    ["Received", `${plural(c.received.messages, "message")}, ${bytes(c.received.bytes)}`],
    ["Sent", `${plural(c.sent.messages, "message")}, ${bytes(c.sent.bytes)}`],
    ["Send queue", c.buffered > 0 ? bytes(c.buffered) : "empty"],
    ["Waiting events", count(c.queued)],
  ];
  list(byId("facts"), facts, ([name]) => name,
    ([name]) => h("div", {}, h("dt", {}, name), h("dd", {})),
    (element, [, value]) => setText(element.lastChild, value || "–"));
  showSubscriptions(c.channelNames);
  showRecent(c.recent);
}

function showSubscriptions(channels) {
  list(byId("subscriptions"), channels, (channel) => channel,
    (channel) => h("li", {}, h("a", { href: `#/connections?${new URLSearchParams({ channel })}` }, channel),
      h("button", { "aria-label": `Unsubscribe from ${channel}`, title: "Unsubscribe", onclick: () => changeSubscription("DELETE", channel) }, icon("close"))),
    () => {});
}

function showRecent(recent) {
  const largest = Math.max(...recent.map(({ size }) => size), 1);
  const newest = recent.map((message, i) => ({ ...message, key: `${message.time} ${message.sent} ${message.size} ${i > 0 && recent[i - 1].time === message.time ? i : ""}` })).reverse();
  list(byId("recent"), newest, ({ key }) => key,
    ({ time: at, sent, kind, size }) => h("li", {},
      h("span", { class: sent ? "sent" : "received", title: sent ? "sent" : "received" }, icon(sent ? "out" : "in"), h("span", { class: "hidden" }, sent ? "sent" : "received")),
      h("time", { datetime: at }, exactTime(at)), h("span", {}, kind), meter(sent ? "sent-meter" : ""), h("span", { class: "size" }, bytes(size))),
    (element, { size }) => showMeter(element.querySelector(".meter"), size / largest));
  byId("recent-empty").hidden = recent.length > 0;
}

function watch() {
  const path = withQuery("/v1/tail", { connection: view.id, payloads: byId("payloads").checked ? "true" : "" });
  view.stream = new Stream(path, onEvent, (state) => showStreamState(byId("watch-hint"), state));
  setText(byId("watch"), "Pause");
  setAttribute(byId("watch"), "aria-pressed", "false");
  setText(byId("messages-empty"), "Messages are shown here as they pass. Payloads are shown on demand.");
}

function unwatch() {
  view.stream?.close();
  view.stream = null;
  setText(byId("watch"), "Watch");
  setAttribute(byId("watch"), "aria-pressed", "true");
  setText(byId("watch-hint"), "");
}

function onEvent(event) {
  view.events.add(event);
  if (event.event === "closed") {
    showEnd(closeText(event.close));
  }
}

/** Adds or removes a subscription, and returns whether that was successful. */
async function changeSubscription(method, channel) {
  try {
    await request(method, subscriptionPath(view.id, channel));
    showError(byId("subscribe-error"), null);
    clearTimeout(view.timer);
    load();
    return true;
  } catch (error) {
    showError(byId("subscribe-error"), error);
    return false;
  }
}

/** Returns the bytes of pairs of hexadecimal digits, or null if the text is something else. */
function parseHex(text) {
  const digits = text.replaceAll(/[\s:]/g, "");
  if (digits.length % 2 !== 0 || !/^[\da-f]*$/i.test(digits)) {
    return null;
  }
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

async function send(event) {
  event.preventDefault();
  const text = byId("send-text").value;
  const binary = byId("send").elements.kind.value === "binary";
  const data = binary ? parseHex(text) : text;
  const hint = byId("send-hint");
  if (data === null) {
    setText(hint, "Binary messages are written as pairs of hexadecimal digits, such as 48 69.");
    return;
  }
  try {
    await request("POST", connectionPath(view.id), { body: data, type: binary ? "application/octet-stream" : "text/plain; charset=utf-8" });
    byId("send-text").value = "";
    setText(hint, `${bytes(new Blob([data]).size)} sent`);
  } catch (error) {
    setText(hint, describe(error));
  }
}

function openCloseDialog() {
  const { id } = view;
  byId("close-form").reset();
  showCodeMeaning();
  openDialog(byId("close-dialog"), () =>
    request("DELETE", withQuery(connectionPath(id), { code: byId("close-code").value, reason: byId("close-reason").value })));
}

function showCodeMeaning() {
  const code = Number(byId("close-code").value);
  setText(byId("close-meaning"), codeName(code) || (code <= 4999 && codeRange(code)) || "1000 to 1014, or 3000 to 4999");
}
