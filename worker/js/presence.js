import { expect } from "web/define.js";
import { bytesOf, isBuffer } from "web/encoding.js";
import { expose, host } from "web/host.js";
import { membersOf } from "./cluster.js";
import { ExtendableEvent } from "./extendable.js";
import { run } from "./run.js";

// WebSocketPresenceEvent is dispatched when members of a channel have joined and left, on each node that has subscribers of the channel.
export class WebSocketPresenceEvent extends ExtendableEvent {
  #init;

  constructor(type, init) {
    expect(arguments.length, 1, "new WebSocketPresenceEvent");
    super(type, init);
    this.#init = { ...init };
  }

  get channel() {
    return String(this.#init.channel ?? "");
  }
  // joined are members { id, node, data } that are new or have other data.
  get joined() {
    return this.#init.joined ?? [];
  }
  get left() {
    return this.#init.left ?? [];
  }

  // publish sends a message to the subscribers of the channel on this node only, because each node has the event. It returns the number of
  // connections that accepted it.
  publish(message) {
    expect(arguments.length, 1, "WebSocketPresenceEvent.publish");
    if (typeof message !== "string" && !isBuffer(message) && !ArrayBuffer.isView(message)) {
      throw new TypeError("publish expects a string, an ArrayBuffer or a view of one: convert other values, for example with JSON.stringify");
    }
    return host.publishHere(this.channel, typeof message === "string" ? message : bytesOf(message));
  }
}

expose("presenceChanged", (id, channel, joined, left) => {
  const init = { channel, joined: membersOf(joined), left: membersOf(left) };
  run(id, new WebSocketPresenceEvent("websocketpresence", init), () => host.done(id));
});
