import { CloseEvent, CustomEvent, Event, MessageEvent, State } from "./event.embedded.js";
import { conceal, concealInEvent, EVENT, host, isConcealed, reveal } from "./host.js";
import { NativeEvent, prepare, read } from "./native.js";

// The events of Linger have their own state, and are instances of the runtime's class Event too.
export { CloseEvent, CustomEvent, Event, MessageEvent, State };

const members = Object.getOwnPropertyDescriptors(Event.prototype);
delete members.constructor;

// inherit makes the instances of a class instances of a class of the runtime too.
function inherit({ prototype }, native) {
  const own = Object.getOwnPropertyDescriptors(prototype);
  Object.defineProperties(prototype, { ...members, ...own });
  Object.setPrototypeOf(prototype, native.prototype);
}
inherit(Event, NativeEvent);
inherit(CustomEvent, globalThis.CustomEvent);
if ("CloseEvent" in globalThis) inherit(CloseEvent, globalThis.CloseEvent);

// The application can find out the class of a message event only after it has read that class.
prepare("MessageEvent", (native) => inherit(MessageEvent, native));
const property = { enumerable: false, configurable: true };
Object.defineProperty(globalThis, "MessageEvent", {
  ...property,
  get() {
    const value = read("MessageEvent");
    Object.defineProperty(globalThis, "MessageEvent", { ...property, value, writable: true });
    return value;
  },
  set(value) {
    Object.defineProperty(globalThis, "MessageEvent", { ...property, value, writable: true });
  },
});

// An event of the runtime is an Event here too, because scripts may dispatch it.
Object.defineProperty(Event, Symbol.hasInstance, {
  value(value) {
    return this === Event ? value instanceof NativeEvent : Function.prototype[Symbol.hasInstance].call(this, value);
  },
});

// stateOf returns the State of an event.
export const stateOf = (event) => (isConcealed(event) ? reveal(EVENT, event) : adopt(event));

// adopt gives an event of the runtime a State, and the members that use it.
function adopt(event) {
  const { type, bubbles, cancelable, composed, defaultPrevented, timeStamp } = event;
  const state = Object.assign(new State(type, { bubbles, cancelable, composed }), { canceled: defaultPrevented, time: timeStamp });
  concealInEvent(event, state);
  for (const [key, member] of Object.entries(members)) {
    if (Object.getOwnPropertyDescriptor(event, key)?.configurable !== false) Object.defineProperty(event, key, { ...member, enumerable: false });
  }
  return state;
}

// ReceivedMessage is the state of a received message. It has all properties that change from the start, because V8 takes long to add one.
class ReceivedMessage {
  id = 0;
  trusted = false;
  target = null;
  current = null;
  working = 0;
  finished = undefined;

  constructor(data) {
    this.data = data;
    this.time = host.now();
  }
}

const defaults = Object.assign(new State("message"), { origin: "", lastEventId: "", source: null, ports: Object.freeze([]) });
Object.setPrototypeOf(ReceivedMessage.prototype, defaults);

// messageEvent creates a MessageEvent. It is faster than the constructor.
export const messageEvent = (data) => conceal(EVENT, MessageEvent.prototype, new ReceivedMessage(data));
