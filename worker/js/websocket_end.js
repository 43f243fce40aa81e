import { Blob } from "web/blob.js";
import { begin, free, outside } from "web/context.js";
import { CloseEvent, Event, messageEvent } from "web/event.js";
import { lazy } from "web/lazy.js";
import { host } from "web/host.js";
import { clearTimeout, queueTask, startTimer } from "web/timers.js";
import { runAt } from "./run.js";
import { settings } from "./settings.js";

// The limits of the queue of a WebSocket that has not been accepted. Beyond them items are not completed, which stops the
// sender.
const maxQueuedBytes = 1 << 20;
const maxQueuedItems = 256;

// End is one end of a connection. A WebSocket object represents it. The two directions are closed independently. It sends
// through a link, which has these members:
//
//   link.send(message)        sends a string or an ArrayBuffer
//   link.close(code, reason)  sends a Close; without a code it is empty
//   link.answer(status)       answers the other side's Close with the same status
//   link.abort()              ends the connection without a Close
//   link.bufferedAmount       number of bytes queued for sending
//   link.near                 the other End, if it belongs to the same script, or null
//   link.connect(end)         makes the connection of an End that is accepted; undefined if there is one
//
// Items from the other side are passed to receive.
export class End {
  socket; // the WebSocket object
  link = null;
  connecting = false; // an outgoing WebSocket before its open event
  constructed = false; // created by new WebSocket: accept is not needed, and as in browsers messages after close are dropped
  accepted = false; // accept has been called
  delivering = false; // events are delivered, from the turn after accept
  halfOpen = false; // half-open mode: the script answers the other side's Close
  relay = null; // the receiver of items instead of the socket, once the socket has been used in a response
  incoming = true; // the other side has not closed its direction
  outgoing = true; // this side has not closed its direction
  ended = false; // the connection has ended
  closeFired = false; // the close event has been dispatched
  attachment; // the text of serializeAttachment
  url = null;
  protocol = "";
  extensions = "";
  binaryType = settings.binaryType;
  binaryTypeIsSet = !settings.undated; // the script has set binaryType, or the default is known to be the expected one
  #queue = []; // items that have not been handled
  #bytes = 0; // the size of the messages in #queue
  #discarding = false; // items are completed without being handled, as the socket was not accepted in time
  #handling = false; // the promise of a listener is pending
  #timer; // the timer of arm
  #operation = free; // from accept until the connection has ended

  get readyState() {
    if (this.connecting) return 0;
    if (this.ended || (!this.incoming && !this.outgoing)) return 3;
    return this.incoming && this.outgoing ? 1 : 2;
  }

  // queuedBytes is the size of the messages that have not been handled.
  get queuedBytes() {
    return this.#bytes;
  }

  // accept starts the delivery of events in another turn, because scripts add listeners after accept. The listeners are called in the
  // context of accept.
  accept(halfOpen) {
    if (this.accepted) return;
    this.accepted = true;
    this.halfOpen = halfOpen;
    this.link.connect?.(this);
    if (!this.ended) {
      this.disarm();
      this.#operation = begin(() => this.#abandon());
    }
    queueTask(() => {
      this.delivering = true;
      this.flush();
    });
  }

  send(message) {
    if (!this.ended) this.link.send(message);
  }

  // close closes the outgoing direction.
  close(code, reason) {
    if (!this.outgoing || this.ended) return;
    this.outgoing = false;
    this.link.close(code, reason);
    if (this.link.near) this.#closedNear();
  }

  // closedNear bounds the wait for the other end of the same script to close: there is no connection that would end.
  #closedNear() {
    if (this.incoming) this.arm(() => this.fail("the other end did not close in time"), 2 * settings.bound);
    else this.#end();
  }

  // receive handles an item from the other side, or queues it:
  //
  //   { kind: "open", value: { protocol, extensions } }
  //   { kind: "message", value }          a string or an ArrayBuffer
  //   { kind: "close", value: status }    a Close: { code, reason }, with the code 1005 if it was empty
  //   { kind: "end", value }              the last item: { code, reason, wasClean, failure }, where failure may be empty
  //
  // An item of an event of Go also has its id, and finished, which is called when the script has handled the item.
  receive(item) {
    if (this.relay) {
      this.relay.receive(item);
      return;
    }
    if (this.delivering && !this.#operation.owned && !this.#handling && this.#queue.length === 0) {
      this.#handle(item);
      return;
    }
    this.enqueue(item);
    this.#operation.step(flush, this);
  }

  // enqueue queues an item without handling it.
  enqueue(item) {
    if (this.#discarding && item.kind !== "end") return complete(item);
    this.#queue.push(item);
    this.#bytes += sizeOf(item);
    if (!this.delivering) this.#completeEarly(item);
  }

  // flushLater flushes the queue in another turn.
  flushLater() {
    if (this.delivering) outside(queueTask, () => this.#operation.step(flush, this));
  }

  // abandon ends the connection when the owner of the code that has accepted it has ended.
  #abandon() {
    this.relay = { receive: complete };
    this.transferQueue(this.relay);
    this.disarm();
    this.ended = true;
    this.incoming = this.outgoing = false;
    this.link.abort();
  }

  // giveUp closes a socket that the script has not accepted in time.
  giveUp() {
    this.#discarding = true;
    this.outgoing = false;
    this.link.close(1011, "the application did not accept the WebSocket");
    this.transferQueue({ receive: complete });
  }

  // flush handles queued items until a listener returns a pending promise.
  flush() {
    while (this.delivering && !this.#handling && this.#queue.length > 0) this.#handle(this.#next());
  }

  // transferQueue passes all queued items to another receiver.
  transferQueue(receiver) {
    while (this.#queue.length > 0) receiver.receive(this.#next());
  }

  // fail ends the connection from this side.
  fail(failure) {
    this.receive({ kind: "end", value: { code: 1006, reason: "", wasClean: false, failure } });
  }

  // arm starts the timer of this end, of which there is only one. disarm stops it.
  arm(callback, delay = settings.bound) {
    this.disarm();
    this.#timer = startTimer(callback, delay);
  }

  disarm() {
    clearTimeout(this.#timer);
  }

  #next() {
    const item = this.#queue.shift();
    this.#bytes -= sizeOf(item);
    return item;
  }

  // completeEarly completes the event of an item for a socket that has not been accepted, although the item stays in the
  // queue, unless the queue exceeds its limits. The last item completes all events.
  #completeEarly(item) {
    const last = item.kind === "end";
    if (last) this.disarm();
    if (!last && (this.#bytes > maxQueuedBytes || this.#queue.length > maxQueuedItems)) return;
    for (const queued of last ? this.#queue : [item]) {
      complete(queued);
      queued.id = queued.finished = undefined;
    }
  }

  #handle(item) {
    switch (item.kind) {
      case "open":
        return this.#open(item);
      case "message":
        return this.#message(item);
      case "close":
        return this.#close(item);
      case "end":
        return this.#end(item);
    }
  }

  #open(item) {
    Object.assign(this, item.value, { connecting: false });
    this.#fire(item, new Event("open"));
  }

  #message(item) {
    const { value } = item;
    if (!this.incoming) return complete(item);
    const isBlob = typeof value !== "string" && this.binaryType === "blob";
    if (isBlob && !this.binaryTypeIsSet) host.warnOfBlob();
    const data = isBlob ? new Blob([value]) : value;
    this.#fire(item, messageEvent(data));
  }

  // close answers the other side's Close, except in half-open mode.
  #close(item) {
    if (!this.incoming) return complete(item);
    const status = item.value;
    const { near } = this.link;
    this.incoming = false;
    if (this.outgoing && this.halfOpen) {
      if (near) this.arm(() => this.#answer(status));
      return this.#fireClose(item, { ...status, wasClean: true });
    }
    if (this.outgoing) {
      this.outgoing = false;
      this.link.answer(status);
    }
    if (near) this.#end({ ...item, value: { ...status, wasClean: true } });
    else complete(item); // an item "end" follows
  }

  #answer(status) {
    if (!this.outgoing || this.ended) return;
    this.outgoing = false;
    this.link.answer(status);
    this.#end();
  }

  #end(item = { value: {} }) {
    if (this.ended) return complete(item);
    this.disarm();
    this.connecting = false;
    this.ended = true;
    this.incoming = false;
    this.#operation.end();
    const { failure } = item.value;
    if (this.closeFired) return complete(item);
    if (failure) runAt(this.socket, item.id ?? 0, errorEvent(failure), () => {});
    this.#fireClose(item, item.value);
  }

  // fireClose dispatches the close event, which is the last event.
  #fireClose(item, { code, reason, wasClean }) {
    this.closeFired = true;
    this.#fire(item, new CloseEvent("close", { code, reason, wasClean }));
  }

  // fire dispatches an event. Go passes the events of a connection one at a time; other events are serialized here.
  #fire(item, event) {
    if (item.id === undefined) this.#fireSerially(event);
    else runAt(this.socket, item.id, event, item.finished);
  }

  // fireSerially dispatches an event of an item from the other end of a pair. Further items wait until its listeners have
  // completed, or for settings.bound.
  #fireSerially(event) {
    let completed = false;
    let timer;
    const proceed = () => {
      completed = true;
      if (!this.#handling) return;
      this.#handling = false;
      clearTimeout(timer);
      this.flush();
    };
    runAt(this.socket, 0, event, proceed);
    if (completed || settings.overlap) return;
    this.#handling = true;
    timer = startTimer(proceed, settings.bound);
  }
}

const flush = (end) => end.flush();

// complete completes the event of an item, if it has one.
const complete = (item) => item.finished?.(item.id);

// sizeOf returns the size of a message, and 0 for other items.
const sizeOf = ({ kind, value }) => (kind !== "message" ? 0 : typeof value === "string" ? value.length : value.byteLength);

// errorEvent returns the event of a connection that has failed.
function errorEvent(message) {
  const { ErrorEvent } = lazy("errors");
  return new ErrorEvent("error", { message, error: new Error(message) });
}
