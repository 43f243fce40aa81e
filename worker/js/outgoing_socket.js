import { DOMException } from "web/exception.js";
import { host } from "web/host.js";
import { isToken, tokenCharacters } from "web/token.js";
import { URL } from "web/url.js";
import { settings } from "./settings.js";
import { setConnector } from "./websocket.js";
import { sender } from "./websocket_offer.js";
import { join } from "./websocket_transport.js";

// new WebSocket(url, protocols) opens a connection to another server (WebSockets Standard, section 3.1).
setConnector((end, given, protocols = []) => {
  const url = addressOf(given);
  const list = offerOf(protocols);
  end.constructed = true;
  end.connecting = true;
  end.url = url;
  end.link = new Opening(end, host.connect(url, list, sender()));
  end.accept(settings.halfOpen);
});

// Opening is the link of a connection that may not be open yet. Closing it before the open event fails the connection, even
// if the opening handshake has completed in Go.
class Opening {
  near = null;
  #end;
  #number;
  #link;
  #abandoned = false; // the script closed the socket before the open event

  constructor(end, number) {
    this.#end = end;
    this.#number = number;
    this.#link = join(number, this);
  }

  receive(item) {
    if (item.kind === "open" && this.#abandoned) item.finished(item.id);
    else this.#end.receive(item);
  }

  send(message) {
    this.#link.send(message);
  }
  close(code, reason) {
    this.#abandoned = this.#end.connecting;
    if (this.#abandoned) host.socketAbort(this.#number);
    else this.#link.close(code, reason);
  }
  answer() {
    this.#link.answer();
  }
  abort() {
    host.socketAbort(this.#number);
  }
  get bufferedAmount() {
    return this.#link.bufferedAmount;
  }
}

// addressOf checks the URL of a WebSocket and returns it with the scheme ws: or wss:.
function addressOf(given) {
  const text = String(given);
  if (!URL.canParse(text)) throw syntaxError(`${JSON.stringify(text)} is not a URL: a WebSocket needs one such as wss://example.com/path`);
  const url = new URL(text);
  if (url.protocol === "http:") url.protocol = "ws:";
  else if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw syntaxError(`The URL of a WebSocket must have the scheme ws:, wss:, http: or https:, but got ${url.protocol}`);
  }
  if (url.href.includes("#")) throw syntaxError("The URL of a WebSocket must not have a fragment: remove the part that begins with #");
  return url.href;
}

// offerOf checks the subprotocols to offer and returns them as an array.
function offerOf(given) {
  const list = (typeof given === "object" && given?.[Symbol.iterator] ? [...given] : [given]).map(String);
  const invalid = list.find((name, i) => !isToken(name) || list.indexOf(name) < i);
  if (invalid !== undefined) {
    throw syntaxError(`${JSON.stringify(invalid)} is not a valid subprotocol: a name consists of ${tokenCharacters}, and must not be repeated`);
  }
  return list;
}

const syntaxError = (message) => new DOMException(message, "SyntaxError");
