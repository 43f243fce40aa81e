import { addStep, removeStep } from "web/abort.js";
import { bodyContent } from "web/body.js";
import { fetchData } from "web/data_url.js";
import { expect, secret } from "web/define.js";
import { fromPairs, guard, Headers, toPairs } from "web/headers.js";
import { expose, host } from "web/host.js";
import { Request } from "web/request.js";
import { makeResponse } from "web/response.js";
import { WebSocket } from "./websocket.js";
import { End } from "./websocket_end.js";
import { join } from "./websocket_line.js";

const pending = new Map(); // the fetches under way, by number
let last = 0;

// fetch asks another server: Fetch Standard, section 5.6. The promise is fulfilled when the whole answer is there.
export async function fetch(input, init) {
  expect(arguments.length, 1, "fetch");
  const failure = new TypeError("fetch failed"); // made here, so that its stack tells who has called
  const request = new Request(input, init);
  request.signal.throwIfAborted();
  if (request.url.startsWith("data:")) return dataResponse(request.url);
  return new Promise((resolve, reject) => begin(request, { resolve, reject, failure }));
}

function dataResponse(url) {
  const data = fetchData(url);
  if (!data) throw new TypeError("fetch: the data: URL has no content: it is data:TYPE,CONTENT or data:TYPE;base64,CONTENT");
  return makeResponse({ status: 200, statusText: "OK", headers: guard(new Headers({ "content-type": data.type }), "immutable"), url, body: data.bytes });
}

function begin(request, waiting) {
  const { signal } = request;
  const number = ++last;
  const abort = () => {
    pending.delete(number);
    host.cancelFetch(number);
    waiting.reject(signal.reason);
  };
  host.fetch(number, request.method, request.url, request.redirect, toPairs(request.headers), bodyContent(request)?.take() ?? null);
  addStep(signal, abort);
  pending.set(number, { ...waiting, forget: () => removeStep(signal, abort) });
}

// settled gives who waits for a fetch, once.
function settled(number) {
  const waiting = pending.get(number);
  pending.delete(number);
  waiting?.forget();
  return waiting;
}

function responseOf([status, statusText, fields, url, redirected], rest) {
  return makeResponse({ status, statusText, headers: guard(fromPairs(fields), "immutable"), url, redirected, ...rest });
}

expose("fetched", (number, failed, parts, body, coding, foreign) => {
  const waiting = settled(number);
  if (!waiting) return;
  if (failed !== undefined) {
    Object.defineProperty(waiting.failure, "message", { value: failed, writable: true, configurable: true });
    return waiting.reject(waiting.failure);
  }
  waiting.resolve(responseOf(parts, { body: body && new Uint8Array(body), coding, foreign }));
});

// The request has become a WebSocket. A script that does not accept it holds it for a time only.
expose("upgraded", (number, parts, line, protocol, extensions) => {
  const end = Object.assign(new End(), { protocol, extensions });
  end.link = join(line, end);
  end.arm(() => end.giveUp());
  settled(number)?.resolve(responseOf(parts, { webSocket: new WebSocket(secret, end) }));
});
