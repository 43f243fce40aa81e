import { current } from "web/context.js";
import { host } from "web/host.js";
import { join } from "./websocket_transport.js";

// Offer is the link of a WebSocket whose other end is a WebSocket of a Durable Object. There is no connection between them until the
// WebSocket is used in a response, and so gets the connection of a client, or accepted.
export class Offer {
  near = null;
  bufferedAmount = 0;
  number; // identifies the offer in Go

  constructor(number) {
    this.number = number;
  }

  // connect makes a connection, whose link replaces the offer.
  connect(end) {
    end.link = join(host.connectOffer(this.number, sender()), end);
  }
}

// sender returns the number of the object whose code runs, 0 for none.
export const sender = () => current()?.subject?.number ?? 0;
