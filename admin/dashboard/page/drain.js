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

function isDraining() {
  return last?.drain && last.drain.state !== "done";
}

/** Shows the progress of a snapshot. */
export function showDrain(live) {
  last = live;
  const { drain } = live;
  const button = byId("drain");
  button.disabled = false;
  setText(button, isDraining() ? "Cancel drain" : "Drain…");
  byId("drain-banner").hidden = !drain;
  if (!drain) {
    return;
  }
  const titles = { waiting: "Waiting before the drain", closing: "Draining", done: "Drained" };
  setText(byId("drain-title"), titles[drain.state] ?? drain.state);
  setText(byId("drain-text"), drainText(drain));
  byId("drain-progress").value = drain.total > 0 ? drain.closed / drain.total : drain.state === "done" ? 1 : 0;
}

function drainText({ state, closed, total, rate, left, code, reason }) {
  const parts = [`${count(closed)} of ${plural(total, "connection")} closed`];
  if (state === "closing" && rate > 0) {
    parts.push(`${rate < 10 ? rate.toFixed(1) : count(rate)} per second`);
  }
  if (state !== "done" && left > 0) {
    parts.push(`${duration(Math.ceil(left))} left`);
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

/** Explains in the dialog what its values mean. */
function explain() {
  const { share, connections } = chosen();
  const spread = parseDuration(byId("drain-spread").value);
  setText(byId("drain-share-text"), `${Math.round(share * 100)} %`);
  setText(byId("drain-explain"), share < 1
    ? "These connections are closed at random, and their clients may connect again to another server. This server stays ready and takes new connections."
    : "The server reports that it is not ready and refuses new connections. Then it closes the open ones in random order, evenly over the time below.");
  const pace = spread ? `, about ${count(Math.max(1, connections / spread))} per second` : "";
  setText(byId("drain-confirm-text"), `Close ${plural(connections, "connection")}${pace}`);
}

async function start() {
  const [spread, delay] = ["drain-spread", "drain-delay"].map((id) => parseDuration(byId(id).value));
  if (spread === null || delay === null) {
    throw new Error("A duration is written as 90s, 2m or 1h30m.");
  }
  await request("POST", "/v1/drain", {
    body: { share: chosen().share, spread, delay, code: Number(byId("drain-code").value), reason: byId("drain-reason").value },
  });
}

async function cancel() {
  try {
    await request("DELETE", "/v1/drain");
  } catch (error) {
    setText(byId("drain-text"), describe(error));
  }
}
