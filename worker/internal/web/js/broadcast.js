import { begin, free, outside } from "./context.js";
import { bytesOf, isBuffer } from "./encoding.js";
import { deserialize, serialize, structuredClone } from "./clone.js";
import { expect, tag } from "./define.js";
import { MessageEvent, stateOf } from "./event.js";
import { DOMException } from "./exception.js";
import { expose, host } from "./host.js";
import { dispatch, EventTarget, handlerAttribute, hasListeners, onListenersChange } from "./target.js";
import { queueTask } from "./timers.js";

// The open channels of each name that have listeners for messages, in the order in which they got them. A channel that is
// only used to post messages is not kept alive.
const channels = new Map();

let deliver, updateRegistration;

export class BroadcastChannel extends EventTarget {
  #name;
  #closed = false;
  #operation = free; // while the channel is registered

  static {
    deliver = (channel, read) => channel.#operation.step(() => channel.#deliver(read));
    updateRegistration = (channel) => channel.#updateRegistration();
  }

  constructor(name) {
    expect(arguments.length, 1, "new BroadcastChannel");
    super();
    this.#name = String(name);
    onListenersChange(this, updateRegistration);
  }

  get name() {
    return this.#name;
  }

  postMessage(message) {
    expect(arguments.length, 1, "BroadcastChannel.postMessage");
    if (this.#closed) throw new DOMException(`The channel "${this.#name}" is closed`, "InvalidStateError");
    const read = publish(this.#name, message);
    deliverToChannels(this.#name, read, this);
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#updateRegistration();
  }

  // updateRegistration adds the channel to channels while it is open and has listeners for messages.
  #updateRegistration() {
    const listening = channels.get(this.#name) ?? new Set();
    if (this.#closed || !hasListeners(this, "message")) {
      listening.delete(this);
      this.#operation.end();
      this.#operation = free;
    } else if (!listening.has(this)) {
      listening.add(this);
      this.#operation = begin(() => this.close());
    }
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

// publish passes a message to Go, and returns a function that returns a new copy of it for each receiver. Text and bytes
// are passed unchanged, because the subscribers outside of scripts are WebSocket connections.
function publish(name, message) {
  if (typeof message === "string") {
    host.publish(name, "text", message);
    return () => message;
  }
  if (isBuffer(message) || ArrayBuffer.isView(message)) {
    const copy = structuredClone(message);
    host.publish(name, "bytes", bytesOf(copy));
    return () => structuredClone(copy);
  }
  const clone = serialize(message);
  host.publish(name, "clone", clone);
  return () => deserialize(clone);
}

// messageEvent returns a message event, or a messageerror event if the message cannot be deserialized.
function messageEvent(read) {
  let data;
  try {
    data = read();
  } catch {
    return new MessageEvent("messageerror");
  }
  return new MessageEvent("message", { data });
}

// deliverToChannels delivers a message to the registered channels of a name except one, each in a separate turn.
function deliverToChannels(name, read, except) {
  for (const channel of channels.get(name) ?? []) {
    if (channel !== except) outside(queueTask, () => deliver(channel, read));
  }
}

expose("deliverMessage", (name, kind, content) => {
  const read = kind === "clone" ? () => deserialize(content) : kind === "bytes" ? () => content.slice(0) : () => content;
  deliverToChannels(name, read);
});

handlerAttribute(BroadcastChannel.prototype, "message");
handlerAttribute(BroadcastChannel.prototype, "messageerror");
tag(BroadcastChannel);
