// The application: its workers, its reloads and its failures; and the events of the whole server as they happen.

import { byId, h, list, setAttribute, setText } from "./dom.js";
import { count, duration } from "./format.js";
import { Stream, get, request, withQuery } from "./api.js";
import { EventList, showStreamState } from "./conversation.js";
import { describe, entryKey, newEntry, showEntry, showPill } from "./ui.js";

const pauseMs = 2000;

const view = { shown: false, timer: 0 };

export function startApplication() {
  byId("reload").onclick = reload;
}

export function showApplication() {
  view.shown = true;
  byId("reload-result").hidden = true;
  load();
}

export function hideApplication() {
  view.shown = false;
  clearTimeout(view.timer);
}

async function load() {
  clearTimeout(view.timer);
  try {
    const [{ timeline }, { failures }] = await Promise.all([get("/v1/timeline?limit=100"), get("/v1/failures")]);
    list(byId("timeline"), timeline, entryKey, newEntry, showEntry);
    list(byId("failures"), failures, entryKey, newEntry, showEntry);
    byId("failures-empty").hidden = failures.length > 0;
  } catch {
    // the state of the connection to the server is shown in the head of the page
  }
  if (view.shown) {
    view.timer = setTimeout(load, pauseMs);
  }
}

function waitingText({ queued, waited }) {
  return queued > 0 ? `${count(queued)} for ${duration(waited)}` : "–";
}

const tones = { running: "good", asleep: "", "backing off": "bad" };

/** Shows the workers of a snapshot. */
export function showWorkersTable({ workers, status }) {
  setText(byId("application-hint"), [status.app, status.runtime && `in ${status.runtime}`, status.generation > 0 && `generation ${status.generation}`].filter(Boolean).join(" · "));
  byId("reload").hidden = status.generation === 0;
  byId("workers-none").hidden = workers.length > 0;
  list(byId("workers"), workers, ({ worker }) => worker,
    ({ worker }) => h("tr", {}, h("td", {}, `worker ${worker}`), h("td", {}, h("span", {}), h("span", { class: "hint" })),
      Array.from({ length: 7 }, () => h("td", { class: "number" }))),
    (row, worker) => {
      const [, state, ...cells] = row.children;
      showPill(state.firstChild, worker.state, tones[worker.state] ?? "");
      setText(state.lastChild, worker.reason && ` ${worker.reason}`);
      const texts = [worker.generation, count(worker.connections), count(worker.objects), waitingText(worker), count(worker.events), count(worker.failures), worker.process || "–"];
      texts.forEach((text, i) => setText(cells[i], text));
      setAttribute(cells[5], "class", worker.failures > 0 ? "number warn-text" : "number");
    });
}

async function reload() {
  const result = byId("reload-result");
  const button = byId("reload");
  button.disabled = true;
  const began = performance.now();
  try {
    await request("POST", "/v1/reload");
    setText(result, `Reloaded in ${duration((performance.now() - began) / 1000)}.`);
    setAttribute(result, "class", "soft");
  } catch (error) {
    setText(result, describe(error));
    setAttribute(result, "class", "error");
  }
  result.hidden = false;
  button.disabled = false;
  load();
}

/** The kinds of events that the checkbox "application" stands for. */
const applicationEvents = ["failure", "reload", "replacement", "drain", "upgrade"];

const tail = { stream: null, events: null };

export function startTail() {
  tail.events = new EventList(byId("tail"), byId("tail-empty"), { withConnections: true });
  let typing;
  byId("tail-filters").oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(openTail, 250);
  };
  byId("tail-filters").onsubmit = (event) => event.preventDefault();
  byId("tail-pause").onclick = () => (tail.stream ? hideTail() : openTail());
  byId("tail-clear").onclick = () => tail.events.clear();
}

/** Opens the stream with the filters of the form. */
export function openTail() {
  hideTail();
  const data = new FormData(byId("tail-filters"));
  const events = data.getAll("event").flatMap((name) => (name === "application" ? applicationEvents : [name]));
  if (events.length > 0) {
    const path = withQuery("/v1/tail", { events: events.join(","), url: data.get("url"), address: data.get("address") });
    tail.stream = new Stream(path, (event) => tail.events.add(event), (state) => showStreamState(byId("tail-hint"), state));
  }
  showPaused();
}

export function hideTail() {
  tail.stream?.close();
  tail.stream = null;
  showPaused();
}

function showPaused() {
  setText(byId("tail-pause"), tail.stream ? "Pause" : "Continue");
  setAttribute(byId("tail-pause"), "aria-pressed", tail.stream ? "false" : "true");
}
