import { expose, host } from "web/host.js";

// A line is where a WebSocket object meets what is outside of the script: Go has the connection, and knows it by a
// number. worker/line.go is the other half. What this half asks for:
//
//   host.lineSend(line, message)        a string or an ArrayBuffer; never waits
//   host.lineClose(line, code, reason)  our Close; code undefined for one without a status
//   host.lineAnswer(line)               our Close with what the peer's said
//   host.lineBuffered(line)             bytes that wait to be written
//
// What it is told, each as an event of Go's that host.done ends: lineOpen, lineMessage, lineClose, and lineEnd, the last.
const receivers = new Map();

class Line {
  #number;
  near = null;

  constructor(number) {
    this.#number = number;
  }

  send(message) {
    host.lineSend(this.#number, message);
  }
  close(code, reason) {
    host.lineClose(this.#number, code, reason);
  }
  answer() {
    host.lineAnswer(this.#number);
  }
  get bufferedAmount() {
    return host.lineBuffered(this.#number);
  }
}

// join has what happens on a line told to a receiver, an End or anything with its method take, and returns the link.
export function join(number, receiver) {
  receivers.set(number, receiver);
  return new Line(number);
}

const finished = (id) => host.done(id);

function tell(id, number, kind, value) {
  const receiver = receivers.get(number);
  if (kind === "end") receivers.delete(number);
  if (receiver) receiver.take({ kind, value, id, finished });
  else host.done(id);
}

expose("lineOpen", (id, number, protocol, extensions) => tell(id, number, "open", { protocol, extensions }));
expose("lineMessage", (id, number, message) => tell(id, number, "message", message));
expose("lineClose", (id, number, code, reason) => tell(id, number, "close", { code, reason }));
expose("lineEnd", (id, number, code, reason, wasClean, failure) => tell(id, number, "end", { code, reason, wasClean, failure }));
