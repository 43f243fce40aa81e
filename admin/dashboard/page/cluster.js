// The cluster: its nodes, and the link of this server to them.

import { byId, h, list, setAttribute, setText } from "./dom.js";
import { bytes, count, duration, plural } from "./format.js";
import { get } from "./api.js";

const pauseMs = 3000;

const view = { shown: false, timer: 0 };

export function showCluster() {
  if (!view.shown) {
    view.shown = true;
    load();
  }
}

export function hideCluster() {
  view.shown = false;
  clearTimeout(view.timer);
}

async function load() {
  clearTimeout(view.timer);
  try {
    const cluster = await get("/v1/cluster");
    byId("cluster").hidden = cluster.link === null;
    if (cluster.link === null) {
      return; // a server does not become a node while it runs
    }
    showNodes(cluster);
    showClusterLink(cluster.link);
  } catch {
    // the state of the connection to the server is shown in the head of the page
  }
  if (view.shown) {
    view.timer = setTimeout(load, pauseMs);
  }
}

function showNodes({ node: own, nodes }) {
  list(byId("cluster-nodes"), nodes, ({ node }) => node,
    ({ node }) => h("li", {}, h("div", {}, h("span", {}), h("span", {}, node), h("span", { class: "reason name" }), h("span", { class: "value" }))),
    (element, { node, answered, objects, roundTrip, connections }) => {
      const [dot, , reason, value] = element.firstChild.children;
      setAttribute(dot, "class", `dot ${answered ? "" : "closing"}`);
      const texts = answered ? [objects > 0 && plural(objects, "object"), node === own ? "this server" : duration(roundTrip)] : ["no answer"];
      setText(reason, texts.filter(Boolean).join(" · "));
      setText(value, answered ? count(connections) : "–");
    });
}

function showClusterLink({ cluster, connected, pending, drops, storage }) {
  setText(byId("cluster-hint"), cluster);
  const dropped = drops.reduce((sum, drop) => sum + drop.count, 0);
  const texts = [
    !connected && "not connected: what is published here reaches no other node",
    !storage.ready && "what objects store cannot be reached",
    pending > 0 && `${bytes(pending)} wait to be sent`,
    dropped > 0 && `${plural(dropped, "record")} dropped`,
  ].filter(Boolean);
  setText(byId("cluster-link"), texts.join(" · "));
  byId("cluster-link").hidden = texts.length === 0;
}
