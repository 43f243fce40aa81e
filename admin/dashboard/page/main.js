// Puts the page together: which view is shown, the state of the link to the server, and the token.

import { byId, setAttribute, setClass, setText } from "./dom.js";
import { age, duration } from "./format.js";
import { APIError, Stream, get, setToken, whenUnauthorized } from "./api.js";
import { hideCluster, showCluster } from "./cluster.js";
import { addGap, addSample, showOverview, startOverview } from "./overview.js";
import { hideConnections, showConnections, startConnections } from "./connections.js";
import { hideConnection, showConnection, startConnection } from "./connection.js";
import { hideChannels, showChannelCount, showChannelsView, startChannels } from "./channels.js";
import { hideApplication, hideTail, openTail, showApplication, showWorkersTable, startApplication, startTail } from "./application.js";
import { showDrain, startDrain } from "./drain.js";
import { markCurrent, openDialog, showPill, startTheme } from "./ui.js";

/** Figures that are older are marked as such. Snapshots come each second. */
const staleAfterMs = 3500;

/** What hides the view that is shown. */
let hide = () => {};

/** The last snapshot, and when it came in ms. */
let last = null;
let lastAt = 0;

/** The state of the link to the server: "connecting", "open", "suspended" or "waiting", and when the next attempt is in ms. */
let link = { state: "connecting", nextAt: 0 };

const routes = [
  { path: /^\/$/, view: "overview", show: showOverviewView, hide: hideCluster },
  { path: /^\/connections$/, view: "connections", show: (_, query) => showConnections(query), hide: hideConnections },
  { path: /^\/connections\/(.+)$/, view: "connection", show: ([, id]) => showConnection(decodeURIComponent(id)), hide: hideConnection },
  { path: /^\/channels$/, view: "channels", show: showChannelsView, hide: hideChannels },
  { path: /^\/application$/, view: "application", show: showApplication, hide: hideApplication },
  { path: /^\/live$/, view: "live", show: openTail, hide: hideTail },
];

function showOverviewView() {
  if (last) {
    showOverview(last);
  }
  showCluster();
}

/** Shows the view of the address. */
function navigate() {
  const [path, query = ""] = (location.hash.slice(1) || "/").split("?");
  const route = routes.find((candidate) => candidate.path.test(path)) ?? routes[0];
  const changed = byId(`view-${route.view}`).hidden;
  hide();
  hide = route.hide ?? (() => {});
  for (const { view } of routes) {
    byId(`view-${view}`).hidden = view !== route.view;
  }
  const tab = route.view === "connection" ? "#/connections" : `#${path}`;
  const links = [...document.querySelectorAll("nav a")];
  const current = links.find((element) => element.getAttribute("href") === tab);
  markCurrent(links, current);
  current?.scrollIntoView({ block: "nearest", inline: "center" }); // the tabs of a phone scroll
  setText(document.querySelector("title"), route.view === "overview" ? pageTitle() : `${current?.textContent ?? "Linger"} · ${pageTitle()}`);
  if (changed) {
    scrollTo(0, 0);
  }
  route.show(path.match(route.path) ?? [], new URLSearchParams(query));
}

function pageTitle() {
  return last?.status.node ? `${last.status.node} · Linger` : "Linger";
}

/** Shows a snapshot. */
function onSnapshot(live) {
  last = live;
  lastAt = Date.now();
  addSample(live);
  showStatus(live.status);
  showDrain(live);
  showLink();
  if (!byId("view-overview").hidden) {
    showOverview(live);
  }
  showWorkersTable(live);
  showChannelCount(live.channels);
}

const stateTones = { ready: "good", draining: "warn", unready: "bad" };

function showStatus({ node, app, version, started, state, reasons }) {
  const up = duration((Date.now() - new Date(started)) / 1000);
  setText(byId("server-name"), [node, app && app.split("/").at(-1), !version.startsWith("(") && version, `up ${up}`].filter(Boolean).join(" · "));
  setAttribute(byId("server-name"), "title", app);
  const pill = byId("server-state");
  showPill(pill, state, stateTones[state] ?? "");
  setAttribute(pill, "title", reasons?.join("\n"));
}

/** Shows the state of the link, and how old the figures are. It is called each second too. */
function showLink() {
  const old = Date.now() - lastAt;
  const stale = last !== null && old > staleAfterMs;
  const element = byId("link");
  setClass(element, "open", link.state === "open" && !stale);
  setClass(element, "stale", stale || link.state === "waiting");
  setClass(document.documentElement, "stale-figures", stale);
  byId("link-retry").hidden = link.state !== "waiting";
  const texts = { waiting: "no connection", suspended: "a token is needed", connecting: "connecting", open: stale ? "no figures arrive" : "live" };
  setText(byId("link-text"), texts[link.state]);
  const more = [];
  if (link.state === "waiting") {
    more.push(`next attempt in ${Math.max(1, Math.ceil((link.nextAt - Date.now()) / 1000))} s`);
  }
  if (stale) {
    more.push(`figures are ${age(old / 1000)} old`);
    addGap();
  }
  setText(byId("link-more"), more.join(" · "));
}

/** Asks for the token. Until it is given, the page sends no other requests. */
function logIn(stream) {
  const dialog = byId("login");
  stream.suspend();
  hide();
  if (dialog.open) {
    return;
  }
  dialog.oncancel = (event) => event.preventDefault();
  openDialog(dialog, async () => {
    setToken(byId("login-token").value);
    try {
      await get("/v1/status");
    } catch (error) {
      throw error instanceof APIError && error.status === 401 ? new Error("This is not the token.") : error;
    }
    stream.retry();
    navigate();
  });
}

startTheme();
startOverview();
startConnections();
startConnection();
startChannels();
startApplication();
startTail();
startDrain();

const stream = new Stream("/v1/live", onSnapshot, (state, nextAt) => {
  link = { state, nextAt };
  showLink();
});
whenUnauthorized(() => logIn(stream));
byId("link-retry").onclick = () => stream.retry();
addEventListener("online", () => stream.retry());
addEventListener("hashchange", navigate);
setInterval(showLink, 1000);
navigate();
