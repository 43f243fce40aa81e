import { expect } from "web/define.js";
import { State } from "web/event.js";
import { conceal, EVENT, expose, host, reveal } from "web/host.js";
import { endEvent, endEventOf, handleOf, handleState } from "./connection.js";
import { ExtendableEvent } from "./extendable.js";
import { startTimer } from "web/timers.js";
import { runInline } from "./run.js";
import { settings } from "./settings.js";

export class WebSocketMessageEvent extends ExtendableEvent {
  constructor(type, init) {
    expect(arguments.length, 1, "new WebSocketMessageEvent");
    super(type, init);
    const state = reveal(EVENT, this);
    state.source = init?.source ?? null;
    state.data = init?.data ?? null;
  }

  get source() {
    return reveal(EVENT, this).source;
  }
  get data() {
    return reveal(EVENT, this).data;
  }
}

// The State that all received messages inherit from.
const receivedMessage = Object.assign(new State("websocketmessage"), { trusted: true, target: globalThis });
const { prototype } = WebSocketMessageEvent;

// message returns true if the listeners have completed. Otherwise it calls host.done later, which costs more than a result.
expose("message", (id, connection, data) => {
  const own = handleState(connection);
  const state = { __proto__: receivedMessage, id, source: handleOf(own), data, time: host.now(), current: null, working: 0, finished: undefined };
  if (!runInline(conceal(EVENT, prototype, state), finished, state)) return false;
  endEventOf(id, own);
  return true;
});

// The series that are in progress: { id, connection, list, next, state, began }, where next is the number of messages that have begun, and the
// others are those of the last one.
const allSeries = new Set();
let isLimited = false; // a timer will call endOverdue

// forEachSeries calls a function with the number of each series of messages in progress, and how many of them have begun.
export const forEachSeries = (fn) => allSeries.forEach(({ id, next }) => fn(id, next));

// messages handles a series of messages of a connection as one event: each begins when the listeners to the last one have completed. It
// returns true if those to all have. At the end of the event it calls host.done.
expose("messages", (id, connection, list) => {
  const series = { id, connection, list, next: 0, state: undefined, began: 0 };
  allSeries.add(series);
  return handleNext(series);
});

// handleNext handles the messages of a series up to the first whose listeners have not completed. It returns true at the end of the series.
function handleNext(series) {
  const { id, connection, list } = series;
  while (series.next < list.length) {
    const own = handleState(connection);
    const state = { __proto__: receivedMessage, id, source: handleOf(own), data: list[series.next++], time: host.now(), current: null, series, working: 0, finished: undefined };
    series.state = state;
    series.began = state.time;
    if (!runInline(conceal(EVENT, prototype, state), finishedOne, state)) {
      limitSeries(settings.bound);
      return false;
    }
    endEventOf(id, own);
  }
  allSeries.delete(series);
  host.done(id);
  return true;
}

function finishedOne(id, state) {
  endEvent(id, state.source);
  const { series } = state;
  if (series.state === state) handleNext(series);
}

const longest = 2 ** 31 - 1; // the longest delay of a timer in ms

// limitSeries has endOverdue called after a delay. The timer does not keep the application awake.
function limitSeries(delay) {
  if (isLimited) return;
  isLimited = true;
  startTimer(endOverdue, Math.min(delay, longest)).unref?.();
}

// endOverdue begins the next message of each series whose last one is not complete in time.
function endOverdue() {
  isLimited = false;
  const now = host.now();
  let next = Infinity;
  for (const series of [...allSeries]) {
    if (series.began + settings.bound <= now) {
      series.state = undefined;
      host.overdue(series.id);
      handleNext(series);
    }
    if (allSeries.has(series)) next = Math.min(next, series.began + settings.bound - now);
  }
  if (next !== Infinity) limitSeries(Math.max(next, 1));
}

function finished(id, state) {
  endEvent(id, state.source);
  host.done(id);
}
