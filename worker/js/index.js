import { constants, define, tag } from "web/define.js";
import { describeBy } from "web/describe.js";
import { defineLazy, lazy } from "web/lazy.js";
import { provideModule } from "web/node.js";
import { setReporter } from "web/report.js";
import "./application.js";
import { Clients, clients, setWebSocketAutoResponse } from "./clients.js";
import { WebSocketCloseEvent } from "./close.js";
import { WebSocketConnection } from "./connection.js";
import { WebSocketDrainEvent } from "./drain.js";
import { ExtendableEvent } from "./extendable.js";
import { FetchEvent } from "./fetch.js";
import "./lifecycle.js";
import "./listeners.js";
import { fetch } from "./outgoing_fetch.js";
import "./outgoing_socket.js";
import { WebSocketMessageEvent } from "./message.js";
import { WebSocketPeerCloseEvent } from "./peerclose.js";
import { WebSocketPresenceEvent } from "./presence.js";
import { report } from "./report.js";
import "./shared.js";
import { ScheduledEvent } from "./scheduled.js";
import { WebSocketUpgradeEvent } from "./upgrade.js";
import { WebSocket } from "./websocket.js";
import { WebSocketPair } from "./websocket_pair.js";

const classes = {
  Clients,
  ExtendableEvent,
  FetchEvent,
  ScheduledEvent,
  WebSocket,
  WebSocketCloseEvent,
  WebSocketConnection,
  WebSocketDrainEvent,
  WebSocketMessageEvent,
  WebSocketPair,
  WebSocketPeerCloseEvent,
  WebSocketPresenceEvent,
  WebSocketUpgradeEvent,
};

define(globalThis, { ...classes, clients, fetch, setWebSocketAutoResponse });
tag(...Object.values(classes));
const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
constants(WebSocketConnection, states);
constants(WebSocket, states);
constants(WebSocket, Object.fromEntries(Object.entries(states).map(([name, state]) => [`READY_STATE_${name}`, state])));

describeBy(WebSocketConnection, "id", "url", "protocol", "remoteAddress", "readyState", "data");
describeBy(WebSocket, "url", "protocol", "readyState", "bufferedAmount");
describeBy(WebSocketDrainEvent, "type", "source");
describeBy(ScheduledEvent, "type", "cron", "scheduledTime");
describeBy(FetchEvent, "type", "request", "remoteAddress");
describeBy(WebSocketUpgradeEvent, "type", "request", "remoteAddress");
describeBy(WebSocketMessageEvent, "type", "source", "data");
describeBy(WebSocketPeerCloseEvent, "type", "source", "code", "reason");
describeBy(WebSocketPresenceEvent, "type", "channel", "joined", "left");
describeBy(WebSocketCloseEvent, "type", "id", "code", "reason", "sentCode", "sentReason", "wasClean", "initiator", "cause", "violation");

// Exceptions of callbacks outside of events.
setReporter((error) => report(0, error));

// What only applications with bindings use.
defineLazy("bindings", ["WebSocketRequestResponsePair"]);
provideModule("cloudflare:workers", () => lazy("bindings").workers);
