import { expose, host } from "web/host.js";

// A Transport is the connection of a WebSocket object. Go has the connection and identifies it by a number;
// worker/js_socket.go is the other half. This half calls:
//
//   host.socketSend(number, message)        sends a string or an ArrayBuffer
//   host.socketClose(number, code, reason)  sends a Close; it is empty if code is undefined
//   host.socketAnswerClose(number)          answers the peer's Close with the same status
//   host.socketAbort(number)                ends the connection without a Close
//   host.socketBuffered(number)             returns the number of bytes queued for sending
//
// None of them blocks. Go calls socketOpen, socketMessage, socketPeerClose and, as the last, socketEnd. Each is an event
// that host.done completes.
const receivers = new Map();

// Transport is the link of an End that is connected to a connection in Go.
export class Transport {
  #number;
  near = null;

  constructor(number) {
    this.#number = number;
  }

  send(message) {
    host.socketSend(this.#number, message);
  }
  close(code, reason) {
    host.socketClose(this.#number, code, reason);
  }
  answer() {
    host.socketAnswerClose(this.#number);
  }
  abort() {
    host.socketAbort(this.#number);
  }
  get bufferedAmount() {
    return host.socketBuffered(this.#number);
  }
}

// join sets the receiver of a transport's items, an End or another object with its method receive, and returns the link.
export function join(number, receiver) {
  receivers.set(number, receiver);
  return new Transport(number);
}

const finished = (id) => host.done(id);

// passToReceiver passes an item to the receiver of a transport.
function passToReceiver(id, number, kind, value) {
  const receiver = receivers.get(number);
  if (kind === "end") receivers.delete(number);
  if (receiver) receiver.receive({ kind, value, id, finished });
  else host.done(id);
}

expose("socketOpen", (id, number, protocol, extensions) => passToReceiver(id, number, "open", { protocol, extensions }));
expose("socketMessage", (id, number, message) => passToReceiver(id, number, "message", message));
expose("socketPeerClose", (id, number, code, reason) => passToReceiver(id, number, "close", { code, reason }));
expose("socketEnd", (id, number, code, reason, wasClean, failure) => passToReceiver(id, number, "end", { code, reason, wasClean, failure }));
