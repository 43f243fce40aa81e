// The channels with their subscribers, and publishing.

import { byId, h, list, setText } from "./dom.js";
import { count, plural } from "./format.js";
import { get, request, withQuery } from "./api.js";
import { describe, followRows } from "./ui.js";

const perPage = 100;
const pauseMs = 2000;

/** Pages that are shown, and the timer of the next request. */
const view = { shown: false, pages: 1, timer: 0 };

export function startChannels() {
  byId("publish").onsubmit = publish;
  byId("channels-more").onclick = () => {
    view.pages++;
    load();
  };
  followRows(byId("channels"));
}

export function showChannelsView() {
  view.shown = true;
  view.pages = 1;
  load();
}

export function hideChannels() {
  view.shown = false;
  clearTimeout(view.timer);
}

async function load() {
  clearTimeout(view.timer);
  try {
    const channels = [];
    let cursor = "";
    for (let page = 0; page < view.pages && (page === 0 || cursor !== ""); page++) {
      const answer = await get(withQuery("/v1/channels", { limit: perPage, cursor }));
      channels.push(...answer.channels);
      cursor = answer.next ?? "";
    }
    show(channels, cursor !== "");
  } catch {
    // the state of the connection to the server is shown in the head of the page
  }
  if (view.shown) {
    clearTimeout(view.timer);
    view.timer = setTimeout(load, pauseMs);
  }
}

function show(channels, hasMore) {
  list(byId("channels"), channels, ({ channel }) => channel,
    ({ channel }) => h("tr", { class: "link" }, h("td", {}, h("a", { href: `#/connections?${new URLSearchParams({ channel })}` }, channel)), h("td", { class: "number" })),
    (row, { subscribers }) => setText(row.lastChild, count(subscribers)));
  list(byId("channel-names"), channels, ({ channel }) => channel, ({ channel }) => h("option", { value: channel }), () => {});
  byId("channels-empty").hidden = channels.length > 0;
  byId("channels-more").hidden = !hasMore;
}

/** Shows the numbers of a snapshot. */
export function showChannelCount({ total, subscriptions }) {
  setText(byId("channels-count"), total > 0 ? `${plural(total, "channel")}, ${plural(subscriptions, "subscription")}` : "");
}

async function publish(event) {
  event.preventDefault();
  const channel = byId("publish-channel").value;
  try {
    const { receivers } = await request("POST", `/v1/channels/${encodeURIComponent(channel)}`, { body: byId("publish-text").value, type: "text/plain; charset=utf-8" });
    byId("publish-text").value = "";
    setText(byId("publish-hint"), `sent to ${plural(receivers, "connection")}`);
  } catch (error) {
    setText(byId("publish-hint"), describe(error));
  }
}
