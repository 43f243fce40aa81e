import { secret } from "web/define.js";
import { End } from "./websocket_end.js";
import { Offer } from "./websocket_offer.js";
import { join } from "./websocket_transport.js";
import { endOf, WebSocket } from "./websocket.js";

// Near is the link between the two ends of a pair while both belong to the script.
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
  abort() {
    this.near.fail("the object that had the other end of the WebSocket has ended");
  }
  get bufferedAmount() {
    return this.near.queuedBytes;
  }

  // post queues an item at the other end, whose listeners run in another turn.
  #post(item) {
    this.near.enqueue(item);
    this.near.flushLater();
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

// refusal returns the reason why a WebSocket cannot be used in a response, or undefined if it can.
export function refusal(socket) {
  const end = endOf(socket);
  if (end.relay) return "the WebSocket has already been used in a response";
  if (end.accepted) return "the WebSocket has been accepted: use the other end of its pair in the response";
}

// connectToRequest connects the connection of a request, whose transport has a number, to a WebSocket that the script has used
// in the response: to the other end of a pair, or, if the WebSocket is connected to another server, to that connection.
export function connectToRequest(socket, number) {
  const end = endOf(socket);
  const { near } = end.link;
  if (near) {
    near.link = join(number, near);
    end.relay = new Relay(near.link);
    if (!near.accepted) near.arm(() => near.giveUp());
  } else {
    end.disarm(); // the script need not accept it any more
    end.relay = new Relay(join(number, new Relay(end.link)));
  }
  end.transferQueue(end.relay);
}

// takeOffer returns the number of the offer if a WebSocket that the script uses in a response is one of an object, and undefined otherwise.
export function takeOffer(socket) {
  const end = endOf(socket);
  if (!(end.link instanceof Offer)) return undefined;
  end.relay = unusable;
  return end.link.number;
}

// unusable is the receiver of a WebSocket that was used in a response and whose items go elsewhere.
const unusable = { receive() {} };

// failOtherEnd fails the other end of a pair if the response with the WebSocket could not be sent.
export function failOtherEnd(socket) {
  const { near } = endOf(socket).link;
  near?.fail("the response with the WebSocket could not be sent");
}

// Relay forwards the items of one link to another one.
class Relay {
  #link;

  constructor(link) {
    this.#link = link;
  }

  receive({ kind, value, id, finished }) {
    if (kind === "message") this.#link.send(value);
    else if (kind === "close") this.#finish(value);
    else if (kind === "end" && value.wasClean) this.#finish(value); // the answer to a Close that was forwarded
    else if (kind === "end") this.#link.close(1014, "the other side is gone"); // bad gateway (IANA WebSocket Close Code Number Registry)
    finished?.(id);
  }

  #finish({ code, reason }) {
    this.#link.close(code === 1005 ? undefined : code, reason);
  }
}
