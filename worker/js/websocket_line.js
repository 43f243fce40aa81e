import { expose, host } from "web/host.js";

// A line connects a WebSocket object to a connection in Go, which identifies the line by a number. worker/line.go is the
// other half. This half calls:
//
//   host.lineSend(line, message)        sends a string or an ArrayBuffer; does not block
//   host.lineClose(line, code, reason)  sends a Close; it is empty if code is undefined
//   host.lineAnswer(line)               answers the peer's Close with the same status
//   host.lineBuffered(line)             returns the number of bytes queued for sending
//
// Go calls lineOpen, lineMessage, lineClose and, as the last, lineEnd. Each is an event that host.done completes.
const receivers = new Map();

// Line is the link of an End that is connected to a line.
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

// join sets the receiver of the items of a line, an End or another object with its method receive, and returns the link.
export function join(number, receiver) {
  receivers.set(number, receiver);
  return new Line(number);
}

const finished = (id) => host.done(id);

// passToReceiver passes an item to the receiver of a line.
function passToReceiver(id, number, kind, value) {
  const receiver = receivers.get(number);
  if (kind === "end") receivers.delete(number);
  if (receiver) receiver.receive({ kind, value, id, finished });
  else host.done(id);
}

expose("lineOpen", (id, number, protocol, extensions) => passToReceiver(id, number, "open", { protocol, extensions }));
expose("lineMessage", (id, number, message) => passToReceiver(id, number, "message", message));
expose("lineClose", (id, number, code, reason) => passToReceiver(id, number, "close", { code, reason }));
expose("lineEnd", (id, number, code, reason, wasClean, failure) => passToReceiver(id, number, "end", { code, reason, wasClean, failure }));
