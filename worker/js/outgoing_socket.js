import { DOMException } from "web/exception.js";
import { host } from "web/host.js";
import { isToken, tokenCharacters } from "web/token.js";
import { URL } from "web/url.js";
import { settings } from "./settings.js";
import { setConnector } from "./websocket.js";
import { join } from "./websocket_line.js";

// new WebSocket(url, protocols) opens a connection to another server: WebSockets Standard, section 3.1.
setConnector((end, given, protocols = []) => {
  const url = addressOf(given);
  const list = offerOf(protocols);
  end.constructed = true;
  end.connecting = true;
  end.url = url;
  end.link = new Opening(end, host.dial(url, list));
  end.accept(settings.halfOpen);
});

// Opening is the link of a connection that may not be open yet. To close it before the script knows that it is open
// fails it, even if the server has agreed meanwhile.
class Opening {
  near = null;
  #end;
  #line;
  #link;
  #over = false; // it was closed too early

  constructor(end, line) {
    this.#end = end;
    this.#line = line;
    this.#link = join(line, this);
  }

  take(item) {
    if (item.kind === "open" && this.#over) item.finished(item.id);
    else this.#end.take(item);
  }

  send(message) {
    this.#link.send(message);
  }
  close(code, reason) {
    this.#over = this.#end.connecting;
    if (this.#over) host.giveUp(this.#line);
    else this.#link.close(code, reason);
  }
  answer() {
    this.#link.answer();
  }
  get bufferedAmount() {
    return this.#link.bufferedAmount;
  }
}

function addressOf(given) {
  const url = URL.parse(String(given));
  if (!url) throw syntaxError(`${JSON.stringify(String(given))} is no URL: a WebSocket needs one such as wss://example.com/path`);
  if (url.protocol === "http:") url.protocol = "ws:";
  else if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw syntaxError(`A WebSocket's URL has the scheme ws:, wss:, http: or https:, but got ${url.protocol}`);
  }
  if (url.href.includes("#")) throw syntaxError("A WebSocket's URL has no fragment: leave out what begins with #");
  return url.href;
}

function offerOf(given) {
  const list = (typeof given === "object" && given?.[Symbol.iterator] ? [...given] : [given]).map(String);
  const wrong = list.find((name, i) => !isToken(name) || list.indexOf(name) < i);
  if (wrong !== undefined) {
    throw syntaxError(`${JSON.stringify(wrong)} is not a subprotocol to offer: each is a name of ${tokenCharacters}, and is given once`);
  }
  return list;
}

const syntaxError = (message) => new DOMException(message, "SyntaxError");
