// The overview: rates with charts, and what an operator looks at first.

import { byId, h, list, setAttribute, setClass, setText } from "./dom.js";
import { age, bytes, codeName, count, duration, plural, rate } from "./format.js";
import { Chart } from "./chart.js";
import { causeText, codeCell, connectionLink, entryKey, followRows, meter, newEntry, showEntry, showMeter, stateName } from "./ui.js";

/** The time that the charts show. */
const chartSeconds = 300;

const byteRate = (n) => `${bytes(n)}/s`;
const perSecond = (n) => `${rate(n)}/s`;

/** The tiles: each has one or two figures, whose values are taken from a snapshot, and their chart. */
const tiles = [
  { title: "Connections", series: [{ name: "open now", format: count, value: ({ connections }) => connections.total }] },
  { title: "Opened and closed", series: [{ name: "opened", format: perSecond, value: ({ rates }) => rates.opened }, { name: "closed", format: perSecond, value: ({ rates }) => rates.closed }] },
  { title: "Messages", series: [{ name: "received", format: perSecond, value: ({ rates }) => rates.messagesReceived }, { name: "sent", format: perSecond, value: ({ rates }) => rates.messagesSent }] },
  { title: "Payload", base: 1024, series: [{ name: "received", format: byteRate, value: ({ rates }) => rates.bytesReceived }, { name: "sent", format: byteRate, value: ({ rates }) => rates.bytesSent }] },
];

/** The figures below the tiles. An alert is shown in red. */
const figures = [
  { name: "Events handled", text: ({ rates }) => perSecond(rates.events) },
  { name: "Events failed", text: ({ rates }) => perSecond(rates.eventFailures), alert: ({ rates }) => rates.eventFailures > 0 },
  { name: "Upgrades refused", text: ({ rates }) => perSecond(rates.refused), alert: ({ rates }) => rates.refused > 0 },
  { name: "Published", text: ({ rates }) => perSecond(rates.published) },
  { name: "In send queues", text: ({ connections }) => bytes(connections.buffered) },
  { name: "Messages not taken", text: ({ rates }) => perSecond(rates.slowMessages), alert: ({ rates }) => rates.slowMessages > 0 },
];

/** The snapshots of the last minutes, oldest first, as what the charts and the last minute's closes need. */
const samples = [];

/** Makes the tiles and figures. */
export function startOverview() {
  for (const tile of tiles) {
    tile.chart = new Chart({ label: tile.title, series: tile.series, seconds: chartSeconds, base: tile.base });
    tile.figures = tile.series.map(() => h("b", {}, "–"));
    byId("tiles").append(h("section", { class: "card tile" },
      h("h2", {}, tile.title),
      h("div", { class: "figures" }, tile.series.map(({ name }, i) => h("div", { class: "figure" }, tile.figures[i], h("span", {}, h("i", {}), name)))),
      tile.chart.element));
  }
  for (const figure of figures) {
    figure.value = h("dd", {}, "–");
    figure.element = h("div", {}, h("dt", {}, figure.name), figure.value);
    byId("strip").append(figure.element);
  }
  followRows(byId("closes"));
}

/** When the server has started, as it reports: its counters begin again at a start. */
let started = "";

/** Adds a snapshot to the charts. It is called for each, whichever view is shown. */
export function addSample(live) {
  if (started !== live.status.started) {
    started = live.status.started;
    samples.length = 0;
  }
  if (live.history) {
    addHistory(live.history);
    live.rates = live.history.at(-1)?.rates ?? live.rates; // those of the first snapshot are of a shorter time, or of none
  }
  samples.push({ ...sampleOf(live.time, live), closes: new Map(live.closes.map((close) => [closeKey(close), close.count])) });
  while (samples[0].at < samples.at(-1).at - chartSeconds * 1000) {
    samples.shift();
  }
}

function sampleOf(time, figures) {
  return { at: new Date(time).getTime(), values: tiles.map(({ series }) => series.map(({ value }) => value(figures))), closes: null };
}

/** Adds what the server has recorded while the page was not connected, before and after the samples that there are. */
function addHistory(history) {
  const moments = history.map(({ time, connections, rates }) => sampleOf(time, { connections: { total: connections }, rates }));
  const own = samples.filter(({ values }) => values !== null);
  const missing = moments.filter(({ at }) => own.length === 0 || at < own[0].at || at > own.at(-1).at);
  samples.splice(0, samples.length, ...[...own, ...missing].sort((a, b) => a.at - b.at));
}

/** Marks a gap in the charts: the figures of the time without a connection to the server are not known. */
export function addGap() {
  if (samples.length > 0 && samples.at(-1).values !== null) {
    samples.push({ ...samples.at(-1), values: null, closes: null });
  }
}

/** Shows a snapshot. */
export function showOverview(live) {
  showTiles(live);
  showConnections(live.connections);
  showCloses(live);
  showSlow(live);
  showWorkers(live.workers);
  showChannels(live.channels);
  list(byId("timeline-short"), live.timeline.slice(0, 10), entryKey, newEntry, showEntry);
}

function showTiles(live) {
  const times = samples.map(({ at }) => at);
  const marks = live.timeline.filter(({ kind }) => kind !== "start").map(({ last, kind }) => ({ at: new Date(last).getTime(), kind }));
  tiles.forEach(({ series, figures: shown, chart }, i) => {
    series.forEach(({ format, value }, k) => setText(shown[k], format(value(live))));
    chart.show(times, series.map((_, k) => samples.map(({ values }) => values && values[i][k])), marks);
  });
  for (const { text, alert, value, element } of figures) {
    setText(value, text(live));
    setClass(element, "alert", alert?.(live));
  }
}

function showConnections({ total, states, ages }) {
  const shown = Object.entries(states).map(([state, n]) => ({ state, n }));
  list(byId("states-bar"), shown, ({ state }) => state,
    ({ state }) => h("span", { class: state }),
    (element, { n }) => {
      element.style.width = `${total > 0 ? (n / total) * 100 : 0}%`;
      element.hidden = n === 0;
    });
  list(byId("states"), shown, ({ state }) => state,
    ({ state }) => h("li", {}, h("a", { href: `#/connections?state=${state}` },
      h("span", { class: `dot ${state}` }), h("span", { class: "name" }, stateName(state)), h("span", { class: "value" }))),
    (element, { n }) => setText(element.querySelector(".value"), count(n)));
  const largest = Math.max(...ages.map((age) => age.count), 1);
  const ranges = ages.map((age, i) => ({ ...age, from: ages[i - 1]?.below ?? 0 }));
  list(byId("ages"), ranges, ({ label }) => label,
    ({ from, below }) => h("li", {}, h("a", { href: from > 0 ? `#/connections?min_age=${from}s` : "#/connections" },
      h("span", { class: "name" }, ageRange(from, below)), meter(), h("span", { class: "value" }))),
    (element, age) => {
      showMeter(element.querySelector(".meter"), age.count / largest);
      setText(element.querySelector(".value"), count(age.count));
    });
}

function ageRange(from, below) {
  if (below === 0) {
    return `over ${duration(from)}`;
  }
  return from === 0 ? `under ${duration(below)}` : `${duration(from)} to ${duration(below)}`;
}

function closeKey({ code, initiator, cause }) {
  return `${code} ${initiator} ${cause}`;
}

function showCloses({ closes, refusals }) {
  const last = samples.at(-1).at;
  const before = samples.find(({ at, closes: counted }) => counted && at >= last - 60_000);
  setText(byId("closes-since"), last - before.at > 58_000 ? "Last minute" : `Last ${age((last - before.at) / 1000)}`);
  list(byId("closes"), closes.slice(0, 12), closeKey,
    ({ code, initiator, cause }) => {
      const href = `#/connections?${new URLSearchParams({ ended: 1, code, initiator, cause })}`;
      const cell = codeCell(code);
      cell.firstChild.replaceWith(h("a", { href, "aria-label": `Connections that ended with ${code} ${codeName(code)}` }, h("b", {}, String(code))));
      return h("tr", { class: "link" }, cell,
        h("td", {}, initiator), h("td", {}, causeText(cause)), h("td", { class: "number" }), h("td", { class: "number" }));
    },
    (row, close) => {
      const [recent, total] = [...row.children].slice(3);
      const n = close.count - (before.closes.get(closeKey(close)) ?? 0);
      setText(recent, n > 0 ? `+${count(n)}` : "–");
      setText(total, count(close.count));
    });
  byId("closes-empty").hidden = closes.length > 0;
  byId("refusals-part").hidden = refusals.length === 0;
  list(byId("refusals"), refusals, ({ reason }) => reason,
    ({ reason }) => h("li", {}, h("span", {}, reason), h("b", {})),
    (element, { count: n }) => setText(element.lastChild, count(n)));
}

function showSlow({ slow, connections }) {
  setText(byId("slow-hint"), connections.slowSends > 0 ? `${plural(connections.slowSends, "send queue")} not empty` : "");
  const largest = Math.max(...slow.map(({ buffered }) => buffered), 1);
  list(byId("slow"), slow.slice(0, 6), ({ id }) => id,
    ({ id, address }) => h("li", {}, h("a", { href: connectionLink(id) }, h("span", { class: "name" }, address || id), meter("warn"), h("span", { class: "value" }))),
    (element, { buffered, url }) => {
      setAttribute(element.firstChild, "title", url);
      showMeter(element.querySelector(".meter"), buffered / largest);
      setText(element.querySelector(".value"), bytes(buffered));
    });
  byId("slow-empty").hidden = slow.length > 0;
}

/** Tones of the dots before the states of workers. */
const workerDots = { running: "", asleep: "closed", "backing off": "closing" };

function showWorkers(workers) {
  const generations = new Set(workers.map(({ generation }) => generation));
  setText(byId("workers-hint"), generations.size === 1 ? `generation ${[...generations]}` : "");
  list(byId("workers-short"), workers, ({ worker }) => worker,
    ({ worker }) => h("li", {}, h("a", { href: "#/application" }, h("span", {}), h("span", {}, `worker ${worker}`), h("span", { class: "reason name" }), h("span", { class: "value" }))),
    (element, worker) => {
      const [dot, , reason, value] = element.firstChild.children;
      setAttribute(dot, "class", `dot ${workerDots[worker.state] ?? ""}`);
      const generation = generations.size > 1 ? `generation ${worker.generation}` : "";
      const failures = worker.failures > 0 ? `replaced ${plural(worker.failures, "time")}` : "";
      setText(reason, [worker.state === "running" ? "" : worker.state, worker.reason, generation, failures].filter(Boolean).join(" · "));
      setText(value, count(worker.connections));
      setAttribute(value, "title", plural(worker.connections, "connection"));
    });
  byId("workers-empty").hidden = workers.length > 0;
}

function showChannels({ total, subscriptions, largest }) {
  setText(byId("channels-hint"), total > 0 ? `${plural(total, "channel")}, ${plural(subscriptions, "subscription")}` : "");
  const most = Math.max(...largest.map(({ subscribers }) => subscribers), 1);
  list(byId("largest"), largest.slice(0, 6), ({ channel }) => channel,
    ({ channel }) => h("li", {}, h("a", { href: `#/connections?${new URLSearchParams({ channel })}` }, h("span", { class: "name" }, channel), meter(), h("span", { class: "value" }))),
    (element, { subscribers }) => {
      showMeter(element.querySelector(".meter"), subscribers / most);
      setText(element.querySelector(".value"), count(subscribers));
    });
  byId("largest-empty").hidden = total > 0;
}

