import { askOf, callOf, host } from "./linger.js";

// The functions about connections that need no answer of Linger, where the answer is known here.

// The connection of the event whose listeners run, as it was when Linger sent the event. It is not known any more after an await of a
// listener: another worker may have changed it by then.
let present; // its id
let state; // its readyState; undefined if Linger has not sent it
let data; // the text of its data; null if it has none, undefined if Linger has not sent it

const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const maxFacts = 1024;
const facts = new Map(); // what does not change, by the ids of connections: the last ones whose listeners have asked for it

// A message to a connection that was accepted, but whose request is not answered yet, or that is sent during the install and activate events,
// may exceed a limit, which is an exception of send. At all other times Linger decides what happens to a message that has no room.
const accepted = new Map(); // the ids of connections by the numbers of the events that have accepted them, until they are done
const early = new Set(); // these ids
const activations = new Set(); // the numbers of the install and activate events in progress

const call = { send: callOf("send"), close: callOf("close"), setData: callOf("setData"), done: callOf("done"), respond: callOf("respond") };
const { accept, close, data: askData, facts: askFacts, respond, send, state: askState } = host;

Object.assign(host, {
  accept(event, ...options) {
    const id = accept(event, ...options);
    if (id !== undefined) {
      accepted.set(event, id);
      early.add(id);
    }
    return id;
  },

  done(event) {
    if (accepted.size > 0 || activations.size > 0) settle(event);
    call.done(event);
  },

  // A response without a stream of the script needs no answer.
  respond(event, status, headers, kind, ...body) {
    if (kind !== undefined) return respond(event, status, headers, kind, ...body);
    call.respond(event, status, headers, kind, ...body);
    return true;
  },

  send(id, message) {
    if (early.has(id) || activations.size > 0) send(id, message);
    else call.send(id, message);
  },

  close(id, code, reason, discard) {
    if (activations.size > 0) return close(id, code, reason, discard);
    call.close(id, code, reason, discard);
    if (id === present && state === OPEN) state = CLOSING;
  },

  state: (id) => (id === present && state !== undefined ? state : askState(id)),

  data(id) {
    if (id !== present || data === undefined) return askData(id);
    return data === null ? undefined : data;
  },

  setData(id, text) {
    call.setData(id, text);
    if (id === present) data = text;
  },

  facts(id) {
    if (id !== present) return askFacts(id);
    let known = facts.get(id);
    if (known === undefined) {
      known = askFacts(id);
      if (known !== undefined) remember(id, known);
    }
    return known;
  },
});

function remember(id, known) {
  if (facts.size >= maxFacts) facts.delete(facts.keys().next().value);
  facts.set(id, known);
}

// settle forgets an event that is done.
function settle(event) {
  activations.delete(event);
  early.delete(accepted.get(event));
  accepted.delete(event);
}

// during returns the result of a function that is called while a connection is present.
function during(id, itsState, itsData, fn, ...args) {
  present = id;
  state = itsState;
  data = itsData;
  try {
    return fn(...args);
  } finally {
    present = undefined;
  }
}

// wrappers has functions that return a function of Linger's modules with what concerns connections, by its name. Linger sends the readyState
// and the data of the connection as further arguments.
export const wrappers = {
  message: (fn) => (event, id, payload, itsState, itsData) => during(id, itsState, itsData, fn, event, id, payload),
  messages: (fn) => (event, id, list, itsState, itsData) => during(id, itsState, itsData, fn, event, id, list),
  drain: (fn) => (event, id, itsState, itsData) => during(id, itsState, itsData, fn, event, id),
  peerclose: (fn) => (event, id, code, reason, itsState, itsData) => during(id, itsState, itsData, fn, event, id, code, reason),
  close: (fn) => (event, id, code, reason, sentCode, sentReason, clean, initiator, cause, violation, itsData) => {
    during(id, CLOSED, itsData, fn, event, id, code, reason, sentCode, sentReason, clean, initiator, cause, violation);
    facts.delete(id);
  },
  lifecycle: (fn) => (event, type) => {
    activations.add(event);
    fn(event, type);
  },
};
