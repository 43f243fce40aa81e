import { constants, expect, tag } from "./define.js";
import { timeOrigin } from "./performance.js";

// stateOf gives the other modules the state of an event: what dispatching changes.
export let stateOf;

export class Event {
  #state;

  static {
    stateOf = (event) => event.#state;
  }

  constructor(type, init) {
    expect(arguments.length, 1, "new Event");
    this.#state = {
      type: String(type),
      bubbles: Boolean(init?.bubbles),
      cancelable: Boolean(init?.cancelable),
      composed: Boolean(init?.composed),
      target: null,
      current: null,
      dispatching: false,
      passive: false,
      canceled: false,
      stopped: false,
      stoppedAtOnce: false,
      trusted: false,
      time: Date.now() - timeOrigin,
    };
  }

  get type() {
    return this.#state.type;
  }
  get target() {
    return this.#state.target;
  }
  get srcElement() {
    return this.#state.target;
  }
  get currentTarget() {
    return this.#state.current;
  }
  get eventPhase() {
    return this.#state.current === null ? Event.NONE : Event.AT_TARGET;
  }
  get bubbles() {
    return this.#state.bubbles;
  }
  get cancelable() {
    return this.#state.cancelable;
  }
  get composed() {
    return this.#state.composed;
  }
  get defaultPrevented() {
    return this.#state.canceled;
  }
  get returnValue() {
    return !this.#state.canceled;
  }
  set returnValue(value) {
    if (!value) this.preventDefault();
  }
  get cancelBubble() {
    return this.#state.stopped;
  }
  set cancelBubble(value) {
    if (value) this.stopPropagation();
  }
  get isTrusted() {
    return this.#state.trusted;
  }
  get timeStamp() {
    return this.#state.time;
  }

  composedPath() {
    return this.#state.current === null ? [] : [this.#state.current];
  }
  stopPropagation() {
    this.#state.stopped = true;
  }
  stopImmediatePropagation() {
    this.#state.stopped = this.#state.stoppedAtOnce = true;
  }
  preventDefault() {
    if (this.#state.cancelable && !this.#state.passive) this.#state.canceled = true;
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
  #init;

  constructor(type, init) {
    expect(arguments.length, 1, "new MessageEvent");
    super(type, init);
    this.#init = { ...init };
  }

  get data() {
    return this.#init.data ?? null;
  }
  get origin() {
    return String(this.#init.origin ?? "");
  }
  get lastEventId() {
    return String(this.#init.lastEventId ?? "");
  }
  get source() {
    return this.#init.source ?? null;
  }
  get ports() {
    return Object.freeze([...(this.#init.ports ?? [])]);
  }
}

constants(Event, { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 });
tag(Event, CustomEvent, MessageEvent);
