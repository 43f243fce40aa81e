import { bytesOf, isBuffer } from "./encoding.js";
import { deserialize, serialize, structuredClone } from "./clone.js";
import { expect, tag } from "./define.js";
import { MessageEvent, stateOf } from "./event.js";
import { DOMException } from "./exception.js";
import { expose, host } from "./host.js";
import { dispatch, EventTarget, handlerAttribute, hasListeners, watch } from "./target.js";
import { queueTask } from "./timers.js";

// The open channels of each name that listen to messages, in the order in which they began to. A channel that only
// posts is not kept, so making one for each message costs nothing that lasts.
const channels = new Map();

let deliver, enlist;

export class BroadcastChannel extends EventTarget {
  #name;
  #closed = false;

  static {
    deliver = (channel, read) => channel.#deliver(read);
    enlist = (channel) => channel.#enlist();
  }

  constructor(name) {
    expect(arguments.length, 1, "new BroadcastChannel");
    super();
    this.#name = String(name);
    watch(this, enlist);
  }

  get name() {
    return this.#name;
  }

  postMessage(message) {
    expect(arguments.length, 1, "BroadcastChannel.postMessage");
    if (this.#closed) throw new DOMException(`The channel "${this.#name}" is closed`, "InvalidStateError");
    const read = publish(this.#name, message);
    spread(this.#name, read, this);
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#enlist();
  }

  #enlist() {
    const listening = channels.get(this.#name) ?? new Set();
    if (!this.#closed && hasListeners(this, "message")) listening.add(this);
    else listening.delete(this);
    const before = channels.has(this.#name);
    if (listening.size > 0) channels.set(this.#name, listening);
    else channels.delete(this.#name);
    if (before !== channels.has(this.#name)) host.listen(this.#name, !before);
  }

  #deliver(read) {
    if (this.#closed) return;
    const event = messageEvent(read);
    stateOf(event).trusted = true;
    dispatch(this, event);
  }
}

// Text and bytes go to Go as they are: its subscribers are WebSocket connections, which understand nothing else.
// publish returns a function that gives each receiver a copy of its own.
function publish(name, message) {
  if (typeof message === "string") {
    host.publish(name, "text", message);
    return () => message;
  }
  if (isBuffer(message) || ArrayBuffer.isView(message)) {
    const own = structuredClone(message);
    host.publish(name, "bytes", bytesOf(own));
    return () => structuredClone(own);
  }
  const clone = serialize(message);
  host.publish(name, "clone", clone);
  return () => deserialize(clone);
}

// messageEvent is a messageerror where the message cannot be read.
function messageEvent(read) {
  let data;
  try {
    data = read();
  } catch {
    return new MessageEvent("messageerror");
  }
  return new MessageEvent("message", { data });
}

// spread has a message reach the channels of a name that are open now, each in a turn of its own.
function spread(name, read, except) {
  for (const channel of channels.get(name) ?? []) {
    if (channel !== except) queueTask(() => deliver(channel, read));
  }
}

expose("deliverMessage", (name, kind, content) => {
  const read = kind === "clone" ? () => deserialize(content) : kind === "bytes" ? () => content.slice(0) : () => content;
  spread(name, read);
});

handlerAttribute(BroadcastChannel.prototype, "message");
handlerAttribute(BroadcastChannel.prototype, "messageerror");
tag(BroadcastChannel);
