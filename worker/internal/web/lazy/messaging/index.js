import {
  cloneWithTransfer, describe, dispatch, DOMException, Event, EventTarget, expect, handlerAttribute, MessageEvent, queueTask, refuse, secret, stateOf, tag, transferables,
} from "shared";

let link, send, transfer;

// MessagePort implements the class of the HTML Standard, section 9.4.4. Both ports of a channel are in one engine, so a message
// is copied when it is posted.
export class MessagePort extends EventTarget {
  #other = null; // the port that receives the messages; null after close or transfer
  #queue = []; // received messages that have not been delivered: { value, ports }
  #started = false;
  #detached = false; // the port has been transferred

  static {
    link = (a, b) => {
      a.#other = b;
      b.#other = a;
    };
    send = (port, message) => port.#receive(message);

    // transfer returns a new port that replaces a port.
    transfer = (port) => {
      const fresh = new MessagePort(secret);
      if (port.#other) link(fresh, port.#other);
      fresh.#queue = port.#queue;
      port.#other = null;
      port.#queue = [];
      port.#detached = true;
      return fresh;
    };
    transferables.set(MessagePort.prototype, {
      canTransfer: (value) => #other in value && !value.#detached,
      transfer,
    });
  }

  constructor(token) {
    if (token !== secret) refuse("MessagePort: use a MessageChannel");
    super();
  }

  postMessage(message, options) {
    expect(arguments.length, 1, "MessagePort.postMessage");
    const list = [...((typeof options?.[Symbol.iterator] === "function" ? options : options?.transfer) ?? [])];
    if (list.includes(this)) throw new DOMException("A port cannot be transferred through itself", "DataCloneError");
    const other = this.#other;
    const lost = other !== null && list.includes(other); // the message cannot reach its port any more
    const { value, transferred } = cloneWithTransfer(message, list);
    if (other !== null && !lost) send(other, { value, ports: transferred.filter((item) => item instanceof MessagePort) });
  }

  start() {
    if (this.#started) return;
    this.#started = true;
    for (const _ of this.#queue) this.#schedule();
  }

  close() {
    const other = this.#other;
    this.#detached = true;
    this.#other = null;
    if (other === null) return;
    other.#other = null;
    queueTask(() => dispatch(other, trusted(new Event("close"))));
  }

  #receive(message) {
    this.#queue.push(message);
    if (this.#started) this.#schedule();
  }

  // schedule delivers the next message in a separate turn.
  #schedule() {
    queueTask(() => {
      const message = this.#queue.shift();
      if (message === undefined || this.#detached) return;
      dispatch(this, trusted(new MessageEvent("message", { data: message.value, ports: message.ports })));
    });
  }
}

function trusted(event) {
  stateOf(event).trusted = true;
  return event;
}

// MessageChannel implements the class of the HTML Standard, section 9.4.2.
export class MessageChannel {
  #port1 = new MessagePort(secret);
  #port2 = new MessagePort(secret);

  constructor() {
    link(this.#port1, this.#port2);
  }

  get port1() {
    return this.#port1;
  }
  get port2() {
    return this.#port2;
  }
}

handlerAttribute(MessagePort.prototype, "message");
handlerAttribute(MessagePort.prototype, "messageerror");
handlerAttribute(MessagePort.prototype, "close");

// Setting onmessage starts the port.
const { get, set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
Object.defineProperty(MessagePort.prototype, "onmessage", {
  configurable: true,
  enumerable: true,
  get,
  set(value) {
    set.call(this, value);
    this.start();
  },
});
tag(MessageChannel, MessagePort);
describe(MessagePort, () => ({}));
describe(MessageChannel, ({ port1, port2 }) => ({ port1, port2 }));
