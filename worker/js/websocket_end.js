import { Blob } from "web/blob.js";
import { CloseEvent, ErrorEvent, Event, messageEvent } from "web/event.js";
import { host } from "web/host.js";
import { clearTimeout, queueTask, startTimer } from "web/timers.js";
import { runAt } from "./run.js";
import { settings } from "./settings.js";

// How much may have come for a socket that is not accepted yet before whoever sends it waits.
const most = 1 << 20; // bytes
const mostItems = 256;

// End is what a WebSocket object stands for: one end of a connection, whatever is at the other. It has two directions,
// each of which ends for itself, and a link through which it sends:
//
//   link.send(message)        a string or an ArrayBuffer
//   link.close(code, reason)  our Close; without a code one that has no status
//   link.answer(status)       our Close with what the other side's said
//   link.bufferedAmount       bytes that wait
//   link.near                 the other end, if it is one of this script's
//
// What the other side does comes through take.
export class End {
  socket; // the script's object
  link = null;
  connecting = false; // an outgoing one, until it is open
  constructed = false; // by new WebSocket: it needs no accept, and what is sent too late is dropped, as in browsers
  accepted = false; // the script wants its events
  flowing = false; // and they come
  halfOpen = false;
  relay = null; // where its events go instead, once it has been handed to a response
  incoming = true; // the other side has not finished
  outgoing = true; // this side has not
  ended = false;
  told = false; // the close event has been dispatched
  url = null;
  protocol = "";
  extensions = "";
  binaryType = settings.binaryType;
  binaryTypeIsSet = !settings.undated; // or known to be what the script expects
  #queue = []; // what has come and waits
  #bytes = 0; // of it
  #deaf = false; // nobody will want to know any more
  #busy = false; // a listener's promise is waited for
  #timer; // the bound of whatever this end waits for

  get readyState() {
    if (this.connecting) return 0;
    if (this.ended || (!this.incoming && !this.outgoing)) return 3;
    return this.incoming && this.outgoing ? 1 : 2;
  }

  // waiting tells how many bytes have come and wait for the script.
  get waiting() {
    return this.#bytes;
  }

  // accept has the events come, from the next turn on: listeners are added after it.
  accept(halfOpen) {
    if (this.accepted) return;
    this.accepted = true;
    this.halfOpen = halfOpen;
    if (!this.ended) this.disarm();
    queueTask(() => {
      this.flowing = true;
      this.flush();
    });
  }

  send(message) {
    if (!this.ended) this.link.send(message);
  }

  // close finishes our direction.
  close(code, reason) {
    if (!this.outgoing || this.ended) return;
    this.outgoing = false;
    this.link.close(code, reason);
    if (this.link.near) this.#closedNear();
  }

  // Between two ends of the same script nobody else sees to it that the other one closes.
  #closedNear() {
    if (this.incoming) this.arm(() => this.fail("the other end did not close in time"), 2 * settings.bound);
    else this.#end();
  }

  // take is told what the other side did, or what became of it:
  //
  //   { kind: "open", value: { protocol, extensions } }
  //   { kind: "message", value }          a string or an ArrayBuffer
  //   { kind: "close", value: status }    its Close: { code, reason }, with 1005 for one without a status
  //   { kind: "end", value }              the last: { code, reason, wasClean, failure }, failure being a text or empty
  //
  // Each may have an id, as Go knows the event, and finished, which is called when the script is done with it.
  take(item) {
    if (this.relay) {
      this.relay.take(item);
      return;
    }
    if (this.flowing && !this.#busy && this.#queue.length === 0) {
      this.#handle(item);
      return;
    }
    this.post(item);
    this.flush();
  }

  // post is take without having it happen at once.
  post(item) {
    if (this.#deaf && item.kind !== "end") return done(item);
    this.#queue.push(item);
    this.#bytes += sizeOf(item);
    if (!this.flowing) this.#keep(item);
  }

  // later is flush in a turn of its own.
  later() {
    if (this.flowing) queueTask(() => this.flush());
  }

  // giveUp closes what the script did not accept in time.
  giveUp() {
    this.#deaf = true;
    this.outgoing = false;
    this.link.close(1011, "the application did not accept the WebSocket");
    this.drain({ take: done });
  }

  flush() {
    while (this.flowing && !this.#busy && this.#queue.length > 0) this.#handle(this.#next());
  }

  // drain hands what waits to somebody else.
  drain(receiver) {
    while (this.#queue.length > 0) receiver.take(this.#next());
  }

  // fail ends it from this side.
  fail(failure) {
    this.take({ kind: "end", value: { code: 1006, reason: "", wasClean: false, failure } });
  }

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

  // keep has nobody wait for what the script has not accepted yet, unless it is too much.
  #keep(item) {
    const last = item.kind === "end";
    if (last) this.disarm();
    if (!last && (this.#bytes > most || this.#queue.length > mostItems)) return;
    for (const kept of last ? this.#queue : [item]) {
      done(kept);
      kept.id = kept.finished = undefined;
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
    if (!this.incoming) return done(item);
    const isBlob = typeof value !== "string" && this.binaryType === "blob";
    if (isBlob && !this.binaryTypeIsSet) host.warnOfBlob();
    const data = isBlob ? new Blob([value]) : value;
    this.#fire(item, messageEvent(data));
  }

  // close answers the other side's Close, unless the script wants to.
  #close(item) {
    if (!this.incoming) return done(item);
    const status = item.value;
    const { near } = this.link;
    this.incoming = false;
    if (this.outgoing && this.halfOpen) {
      if (near) this.arm(() => this.#answer(status));
      return this.#tell(item, { ...status, wasClean: true });
    }
    if (this.outgoing) {
      this.outgoing = false;
      this.link.answer(status);
    }
    if (near) this.#end({ ...item, value: { ...status, wasClean: true } });
    else done(item); // the end is on its way
  }

  #answer(status) {
    if (!this.outgoing || this.ended) return;
    this.outgoing = false;
    this.link.answer(status);
    this.#end();
  }

  #end(item = { value: {} }) {
    if (this.ended) return done(item);
    this.disarm();
    this.connecting = false;
    this.ended = true;
    this.incoming = false;
    const { failure } = item.value;
    if (this.told) return done(item);
    if (failure) runAt(this.socket, item.id ?? 0, new ErrorEvent("error", { message: failure, error: new Error(failure) }), () => {});
    this.#tell(item, item.value);
  }

  // tell dispatches the close event, the last one.
  #tell(item, { code, reason, wasClean }) {
    this.told = true;
    this.#fire(item, new CloseEvent("close", { code, reason, wasClean }));
  }

  // fire has the listeners handle an event. What comes from Go comes one at a time.
  #fire(item, event) {
    if (item.id === undefined) this.#inTurn(event);
    else runAt(this.socket, item.id, event, item.finished);
  }

  // What comes from the other end of a pair waits here, for a time, until the listeners are done with the last.
  #inTurn(event) {
    let over = false;
    let timer;
    const go = () => {
      over = true;
      if (!this.#busy) return;
      this.#busy = false;
      clearTimeout(timer);
      this.flush();
    };
    runAt(this.socket, 0, event, go);
    if (over || settings.overlap) return;
    this.#busy = true;
    timer = startTimer(go, settings.bound);
  }
}

const done = (item) => item.finished?.(item.id);

const sizeOf = ({ kind, value }) => (kind !== "message" ? 0 : typeof value === "string" ? value.length : value.byteLength);
