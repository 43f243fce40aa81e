// Draining the server: the dialog that asks, and the progress.

import { byId, setText } from "./dom.js";
import { count, duration, plural } from "./format.js";
import { request } from "./api.js";
import { describe, openDialog, parseDuration } from "./ui.js";

/** The last snapshot. */
let last = null;

export function startDrain() {
  byId("drain").onclick = () => (isDraining() ? cancel() : open());
  byId("drain-form").oninput = explain;
}

/** States in which a drain is in progress. */
const running = ["waiting", "closing"];

function isDraining() {
  return running.includes(last?.drain?.state);
}

/** Shows the progress of a snapshot. */
export function showDrain(live) {
  last = live;
  const { drain } = live;
  const button = byId("drain");
  button.disabled = false;
  setText(button, isDraining() ? "Cancel drain" : "Drain…");
  const shown = isDraining() || (drain && Date.now() - new Date(drain.ends) < keptMs);
  byId("drain-banner").hidden = !shown;
  if (shown) {
    const ended = drain.total - drain.left;
    setText(byId("drain-title"), titles[drain.state] ?? drain.state);
    setText(byId("drain-text"), drainText(drain, ended));
    byId("drain-progress").value = drain.total > 0 ? ended / drain.total : 1;
  }
}

const titles = { waiting: "Waiting before the drain", closing: "Draining", complete: "Drained", cancelled: "Drain cancelled", "timed out": "Drain timed out" };

/** For how long a drain is shown after its end. */
const keptMs = 60_000;

function drainText({ state, total, rate, ends, code, reason }, ended) {
  const left = (new Date(ends) - Date.now()) / 1000;
  const parts = [`${count(ended)} of ${plural(total, "connection")} ended`];
  if (state === "closing" && rate > 0) {
    parts.push(`${rate < 10 ? rate.toFixed(1) : count(rate)} per second`);
  }
  if (isDraining() && left > 0) {
    parts.push(`${duration(Math.ceil(left)).replace(".0", "")} left`);
  }
  parts.push(`code ${code}${reason ? ` “${reason}”` : ""}`);
  return parts.join(" · ");
}

function open() {
  byId("drain-form").reset();
  explain();
  openDialog(byId("drain-dialog"), start);
}

/** Returns the share that the form has, and the number of connections that it means now. */
function chosen() {
  const share = Number(byId("drain-share").value) / 100;
  return { share, connections: Math.ceil((last?.connections.total ?? 0) * share) };
}

/** A drain closes at least so many connections per second, so that it does not take long with few of them. */
const slowest = 10;

/** Explains in the dialog what its values mean. */
function explain() {
  const { share, connections } = chosen();
  const spread = parseDuration(byId("drain-spread").value);
  setText(byId("drain-share-text"), `${Math.round(share * 100)} %`);
  setText(byId("drain-explain"), share < 1
    ? "These connections are closed at random, and their clients may connect again to another server. This server stays ready and takes new connections."
    : "The server reports that it is not ready and refuses new connections. Then it closes the open ones in random order, evenly over the time below, and the process ends.");
  byId("drain-stay-part").hidden = share < 1;
  const pace = spread && connections > slowest ? `, about ${count(Math.max(slowest, connections / spread))} per second` : "";
  setText(byId("drain-confirm-text"), `Close ${plural(connections, "connection")}${pace}`);
}

/** Returns the seconds of a field, or null if it is empty: the server then uses its own option. */
function secondsOf(id) {
  const text = byId(id).value.trim();
  const seconds = text === "" ? null : parseDuration(text);
  if (text !== "" && seconds === null) {
    throw new Error("A duration is written as 90s, 2m or 1h30m.");
  }
  return seconds;
}

async function start() {
  const { share } = chosen();
  await request("POST", "/v1/drain", {
    body: {
      share, spread: secondsOf("drain-spread"), delay: secondsOf("drain-delay"), code: Number(byId("drain-code").value),
      reason: byId("drain-reason").value || null, stay: share < 1 || byId("drain-stay").checked,
    },
  });
}

async function cancel() {
  try {
    await request("DELETE", "/v1/drain");
  } catch (error) {
    setText(byId("drain-text"), describe(error));
  }
}
