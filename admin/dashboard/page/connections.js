// The list of connections: the open ones, with filters and pages, and the last that have ended.

import { byId, h, list, setAttribute, setClass, setText } from "./dom.js";
import { age, bytes, count, duration, plural, time } from "./format.js";
import { get, withQuery } from "./api.js";
import { causeText, codeCell, connectionLink, followRows, markCurrent, parseDuration, parseSize, showError, stateName } from "./ui.js";

const perPage = 50;
const pauseMs = 2000;

/** The view's state. Filters are those of the address, so that the browser's buttons work and an address can be sent to someone. */
const view = { shown: false, ended: false, filters: {}, cursors: [""], next: "", timer: 0, loading: 0 };

/** Fields whose text is converted: an invalid one is marked, and not sent. */
const converters = { min_age: parseDuration, min_idle: parseDuration, min_queue: parseSize };

export function startConnections() {
  const form = byId("filters");
  let typing;
  form.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(setAddress, 250);
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    clearTimeout(typing);
    setAddress();
  };
  form.onreset = () => setTimeout(setAddress); // the fields are emptied after this event
  byId("page-next").onclick = () => turn([...view.cursors, view.next]);
  byId("page-before").onclick = () => turn(view.cursors.slice(0, -1));
  followRows(byId("connections"));
  followRows(byId("ended"));
}

/** Makes the fields of the form the filters of the address. */
function setAddress() {
  const filters = Object.fromEntries([...new FormData(byId("filters"))].filter(([, value]) => value.trim() !== ""));
  const valid = Object.entries(filters).filter(([name, value]) => !converters[name] || converters[name](value) !== null);
  for (const name of Object.keys(converters)) {
    const field = byId("filters").elements[name];
    setAttribute(field, "aria-invalid", field.value.trim() !== "" && converters[name](field.value) === null ? "true" : null);
  }
  const shown = valid.filter(([name]) => isShown(byId("filters").elements[name]));
  location.replace(withQuery("#/connections", Object.fromEntries(view.ended ? [["ended", 1], ...shown] : shown)));
}

function isShown(field) {
  return !field.closest("label").hidden;
}

/** Shows the view with the filters of an address. */
export function showConnections(query) {
  const { ended, ...filters } = Object.fromEntries(query);
  view.shown = true;
  view.ended = Boolean(ended);
  view.filters = filters;
  for (const element of document.querySelectorAll("#view-connections :is(.of-open, .of-ended)")) {
    element.hidden = element.classList.contains("of-ended") !== view.ended;
  }
  for (const field of byId("filters").elements) {
    if (field.name && field !== document.activeElement) {
      field.value = filters[field.name] ?? "";
    }
  }
  markCurrent([byId("show-open"), byId("show-ended")], byId(view.ended ? "show-ended" : "show-open"));
  byId("filters-reset").disabled = Object.keys(filters).length === 0;
  turn([""]);
}

export function hideConnections() {
  view.shown = false;
  clearTimeout(view.timer);
}

/** Shows the page to which the last of the cursors belongs. */
function turn(cursors) {
  view.cursors = cursors;
  load();
}

/** Loads what the view shows, and again after a pause. */
async function load() {
  clearTimeout(view.timer);
  const loading = ++view.loading; // an answer is ignored if another request was sent after its
  try {
    const show = view.ended ? await loadEnded() : await loadOpen();
    if (loading === view.loading && view.shown) {
      show();
      showError(byId("connections-error"), null);
    }
  } catch (error) {
    if (loading === view.loading) {
      showError(byId("connections-error"), error);
    }
  }
  if (loading === view.loading && view.shown) {
    view.timer = setTimeout(load, pauseMs);
  }
}

async function loadOpen() {
  const converted = Object.fromEntries(Object.entries(view.filters).map(([name, value]) => [name, converters[name]?.(value) ?? value]));
  const answer = await get(withQuery("/v1/connections", { ...converted, limit: perPage, cursor: view.cursors.at(-1) }));
  return () => {
    view.next = answer.next ?? "";
    byId("page-next").disabled = view.next === "";
    byId("page-before").disabled = view.cursors.length < 2;
    list(byId("connections"), answer.connections, ({ id }) => id, newRow, showRow);
    showEmpty("connections-empty", answer.connections.length, "No connection is open.");
    setText(byId("connections-hint"), hint(answer.connections.length));
  };
}

/** Returns what the shown page is, as a text. */
function hint(n) {
  const page = view.cursors.length;
  if (n === 0) {
    return "";
  }
  return page === 1 && view.next === "" ? plural(n, "connection") : `${count((page - 1) * perPage + 1)} to ${count((page - 1) * perPage + n)}`;
}

function showEmpty(id, n, text) {
  byId(id).hidden = n > 0;
  setText(byId(id), Object.keys(view.filters).length > 0 ? "No connection matches the filters." : text);
}

function newRow({ id, url, address }) {
  const name = h("td", { title: id }, h("span", { class: "dot" }), h("a", { href: connectionLink(id), class: "mono" }, id));
  const numbers = Array.from({ length: 6 }, () => h("td", { class: "number" }));
  return h("tr", { class: "link" }, name, h("td", { title: url }, url), h("td", { title: address }, address), numbers);
}

function showRow(row, { state, age: open, idle, received, sent, buffered, roundTrip }) {
  const [name, , , ...cells] = row.children;
  setAttribute(name.firstChild, "class", `dot ${state}`);
  setAttribute(name.firstChild, "title", stateName(state));
  const texts = [
    age(open), age(idle), `${count(received.messages)}`, `${count(sent.messages)}`,
    buffered > 0 ? bytes(buffered) : "–", roundTrip > 0 ? duration(roundTrip) : "–",
  ];
  texts.forEach((text, i) => setText(cells[i], text));
  setAttribute(cells[2], "title", bytes(received.bytes));
  setAttribute(cells[3], "title", bytes(sent.bytes));
  setClass(cells[4], "warn-text", buffered > 0);
}

/** Returns why a connection ended: the reason of its Close, unless something else than that Close was the cause. */
function endText({ cause, reason }) {
  const quoted = reason === "" ? "" : `“${reason}”`;
  return cause === "close" && quoted ? quoted : [causeText(cause), quoted].filter(Boolean).join(" ");
}

async function loadEnded() {
  const { closes } = await get(withQuery("/v1/closes", view.filters));
  return () => {
    list(byId("ended"), closes, ({ connection }) => connection,
      ({ time: at, connection, url, address, close }) => h("tr", { class: "link" },
        h("td", {}, h("time", { datetime: at }, time(at))),
        h("td", { title: connection }, h("a", { href: connectionLink(connection), class: "mono" }, connection)),
        h("td", { title: url }, url), h("td", { title: address }, address),
        codeCell(close.code),
        h("td", {}, close.initiator),
        h("td", { title: close.error ?? "" }, endText(close)),
        h("td", { class: "number" }, age(close.age))),
      () => {});
    showEmpty("ended-empty", closes.length, "No connection has ended yet.");
    setText(byId("connections-hint"), closes.length > 0 ? `the last ${plural(closes.length, "connection")}` : "");
  };
}
