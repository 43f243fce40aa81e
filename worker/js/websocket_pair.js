import { secret } from "web/define.js";
import { End } from "./websocket_end.js";
import { join } from "./websocket_line.js";
import { endOf, WebSocket } from "./websocket.js";

// Near links the two ends of a pair while both of them are the script's.
class Near {
  constructor(end) {
    this.near = end;
  }

  send(message) {
    this.#post({ kind: "message", value: typeof message === "string" ? message.toWellFormed() : message.slice(0) });
  }
  close(code = 1005, reason = "") {
    this.#post({ kind: "close", value: { code, reason } });
  }
  answer(status) {
    this.#post({ kind: "close", value: status });
  }
  get bufferedAmount() {
    return this.near.waiting;
  }

  // The other end's listeners run in a turn of their own.
  #post(item) {
    this.near.post(item);
    this.near.later();
  }
}

export class WebSocketPair {
  constructor() {
    const ends = [new End(), new End()];
    ends.forEach((end, i) => {
      end.link = new Near(ends[1 - i]);
      this[i] = new WebSocket(secret, end);
    });
  }

  *[Symbol.iterator]() {
    yield this[0];
    yield this[1];
  }
}

// refusal tells why a socket cannot be handed to a response, undefined if it can.
export function refusal(socket) {
  const end = endOf(socket);
  if (end.relay) return "the WebSocket has been used in a response already";
  if (end.accepted) return "the WebSocket was accepted: hand the other end of its pair to the response";
}

// couple makes a line the other side of what the script has handed to a response: of the pair's other end, or, if the
// socket is one that leads elsewhere, of that.
export function couple(socket, number) {
  const end = endOf(socket);
  const { near } = end.link;
  if (near) {
    near.link = join(number, near);
    end.relay = new Relay(near.link);
    if (!near.accepted) near.arm(() => near.giveUp());
  } else {
    end.disarm(); // nobody is to accept it any more
    end.relay = new Relay(join(number, new Relay(end.link)));
  }
  end.drain(end.relay);
}

// abandon ends the other end of a pair whose response could not be sent.
export function abandon(socket) {
  const { near } = endOf(socket).link;
  near?.fail("the response with the WebSocket could not be sent");
}

// Relay passes on what happens on one side as what the other is to send.
class Relay {
  #link;

  constructor(link) {
    this.#link = link;
  }

  take({ kind, value, id, finished }) {
    if (kind === "message") this.#link.send(value);
    else if (kind === "close") this.#finish(value);
    else if (kind === "end" && value.wasClean) this.#finish(value); // the answer to a Close that came from there
    else if (kind === "end") this.#link.close(1014, "the other side is gone"); // RFC 6455, section 7.4.2
    finished?.(id);
  }

  #finish({ code, reason }) {
    this.#link.close(code === 1005 ? undefined : code, reason);
  }
}
