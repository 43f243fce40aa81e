import { constants, expect, tag } from "./define.js";
import { conceal, EVENT, host, reveal } from "./host.js";

// State is the state of an event. The defaults of most properties are in the prototype, because each own property costs as
// much as a call.
export class State {
  constructor(type, init) {
    this.type = String(type);
    this.time = host.now();
    if (init?.bubbles) this.bubbles = true;
    if (init?.cancelable) this.cancelable = true;
    if (init?.composed) this.composed = true;
  }

  get dispatching() {
    return this.current !== null;
  }
}

Object.setPrototypeOf(State.prototype, null); // what a script defines in Object.prototype does not concern states
Object.assign(State.prototype, {
  bubbles: false,
  cancelable: false,
  composed: false,
  target: null,
  current: null,
  passive: false,
  canceled: false,
  stopped: false,
  stoppedImmediately: false,
  trusted: false,
});

// stateOf returns the State of an event.
export const stateOf = (event) => reveal(EVENT, event);

// make creates an event without calling its constructor, which is slower.
const make = (prototype, state) => conceal(EVENT, prototype, state);

export class Event {
  constructor(type, init) {
    expect(arguments.length, 1, "new Event");
    return make(new.target.prototype, new State(type, init));
  }

  get type() {
    return reveal(EVENT, this).type;
  }
  get target() {
    return reveal(EVENT, this).target;
  }
  get srcElement() {
    return reveal(EVENT, this).target;
  }
  get currentTarget() {
    return reveal(EVENT, this).current;
  }
  get eventPhase() {
    return reveal(EVENT, this).dispatching ? Event.AT_TARGET : Event.NONE;
  }
  get bubbles() {
    return reveal(EVENT, this).bubbles;
  }
  get cancelable() {
    return reveal(EVENT, this).cancelable;
  }
  get composed() {
    return reveal(EVENT, this).composed;
  }
  get defaultPrevented() {
    return reveal(EVENT, this).canceled;
  }
  get returnValue() {
    return !reveal(EVENT, this).canceled;
  }
  set returnValue(value) {
    if (!value) this.preventDefault();
  }
  get cancelBubble() {
    return reveal(EVENT, this).stopped;
  }
  set cancelBubble(value) {
    if (value) this.stopPropagation();
  }
  get isTrusted() {
    return reveal(EVENT, this).trusted;
  }
  get timeStamp() {
    return reveal(EVENT, this).time;
  }

  composedPath() {
    const { dispatching, current } = reveal(EVENT, this);
    return dispatching ? [current] : [];
  }
  stopPropagation() {
    reveal(EVENT, this).stopped = true;
  }
  stopImmediatePropagation() {
    const state = reveal(EVENT, this);
    state.stopped = state.stoppedImmediately = true;
  }
  initEvent(type, bubbles = false, cancelable = false) {
    expect(arguments.length, 1, "Event.initEvent");
    const state = reveal(EVENT, this);
    if (state.dispatching) return;
    Object.assign(state, { type: String(type), bubbles: Boolean(bubbles), cancelable: Boolean(cancelable) });
    Object.assign(state, { target: null, canceled: false, stopped: false, stoppedImmediately: false, trusted: false });
  }
  preventDefault() {
    const state = reveal(EVENT, this);
    if (state.cancelable && !state.passive) state.canceled = true;
  }
}

export class CustomEvent extends Event {
  #detail;

  constructor(type, init) {
    expect(arguments.length, 1, "new CustomEvent");
    super(type, init);
    this.#detail = init?.detail ?? null;
  }

  get detail() {
    return this.#detail;
  }
}

export class MessageEvent extends Event {
  constructor(type, init) {
    expect(arguments.length, 1, "new MessageEvent");
    super(type, init);
    const { data = null, origin = "", lastEventId = "", source = null, ports = [] } = init ?? {};
    Object.assign(stateOf(this), { data, origin: String(origin), lastEventId: String(lastEventId), source, ports: Object.freeze([...ports]) });
  }

  get data() {
    return reveal(EVENT, this).data;
  }
  get origin() {
    return reveal(EVENT, this).origin;
  }
  get lastEventId() {
    return reveal(EVENT, this).lastEventId;
  }
  get source() {
    return reveal(EVENT, this).source;
  }
  get ports() {
    return reveal(EVENT, this).ports;
  }
}

// The State that all received messages inherit from.
const receivedMessage = Object.assign(new State("message"), { origin: "", lastEventId: "", source: null, ports: Object.freeze([]) });

// messageEvent creates a MessageEvent. It is faster than the constructor.
export const messageEvent = (data) => make(MessageEvent.prototype, { __proto__: receivedMessage, data, time: host.now(), current: null });

// CloseEvent is the close event of a WebSocket (WebSockets Standard, section 6).
export class CloseEvent extends Event {
  #code;
  #reason;
  #wasClean;

  constructor(type, init) {
    expect(arguments.length, 1, "new CloseEvent");
    super(type, init);
    const { code = 0, reason = "", wasClean = false } = init ?? {}; // init may itself be an event, whose members are inherited
    this.#code = Number(code);
    this.#reason = String(reason);
    this.#wasClean = Boolean(wasClean);
  }

  get code() {
    return this.#code;
  }
  get reason() {
    return this.#reason;
  }
  get wasClean() {
    return this.#wasClean;
  }
}

constants(Event, { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 });
tag(Event, CloseEvent, CustomEvent, MessageEvent);
