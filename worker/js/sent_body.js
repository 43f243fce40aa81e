import { host } from "web/host.js";
import { lazy } from "web/lazy.js";
import { ReceivedBody } from "./received_body.js";

// sink has the functions of Go for a body that is written in chunks.
const sink = {
  write: (number, chunk) => host.writeBody(number, chunk),
  end: (number) => host.endBody(number),
  abort: (number) => host.abortBody(number),
};

// SentBody is a body that is passed to Go: what Content.take has returned, or null. args are the arguments of host functions that
// take a body. Of the body that is a stream of the script, failed(error) is called if it fails, and ended() when it has ended.
export class SentBody {
  #sender; // of a stream of the script

  constructor(content, decode, { failed, ended }) {
    if (content === null || typeof content === "string" || ArrayBuffer.isView(content)) {
      this.args = [undefined, content];
    } else if (content instanceof ReceivedBody) {
      this.args = ["received", content.number, decode, content.passOn()];
    } else {
      this.#sender = lazy("bodies").prepare(content, sink, failed, ended);
      this.args = ["written", this.#sender.number];
    }
  }

  get isStream() {
    return this.#sender !== undefined;
  }

  // begin begins to send a stream, after Go has the body.
  begin() {
    if (this.#sender) lazy("bodies").send(this.#sender);
  }

  // cancel cancels a stream that is not sent.
  cancel(reason) {
    if (this.#sender) lazy("bodies").abandon(this.#sender, reason);
  }
}
