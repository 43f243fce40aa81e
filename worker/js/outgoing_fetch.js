import { addStep, removeStep } from "web/abort.js";
import { bodyContent } from "web/body.js";
import { begin } from "web/context.js";
import { expect, secret } from "web/define.js";
import { fromPairs, guard, Headers, toPairs } from "web/headers.js";
import { expose, host } from "web/host.js";
import { lazy } from "web/lazy.js";
import { Request } from "web/request.js";
import { makeResponse } from "web/response.js";
import { isTraced, propagate } from "web/trace.js";
import { ReceivedBody, receivedBody } from "./received_body.js";
import { SentBody } from "./sent_body.js";
import { WebSocket } from "./websocket.js";
import { End } from "./websocket_end.js";
import { Offer, sender } from "./websocket_offer.js";
import { join } from "./websocket_transport.js";

const pending = new Map(); // pending fetches by number: { resolve, reject, failure, removeAbortStep, operation }
let lastNumber = 0;

// fetch implements the function of the Fetch Standard, section 5.6. Its promise is fulfilled when the header of the response has
// arrived.
export async function fetch(input, init) {
  expect(arguments.length, 1, "fetch");
  const failure = new TypeError("fetch failed"); // created here, so that its stack contains the caller
  const request = new Request(input, init);
  request.signal.throwIfAborted();
  if (/^(data|blob):/.test(request.url)) return lazy("schemes").fetchLocal(request);
  return send(request, failure, sendToServer);
}

const sendToServer = (number, request, headers, body) => host.fetch(number, sender(), request.method, request.url, request.redirect, headers, ...body);

// send sends a request with a host function, which gets a number, the parts of the request and the arguments of its body. It returns
// the promise of the response; failure is the error for requests without one.
export function send(request, failure, sendParts) {
  return new Promise((resolve, reject) => start(request, { resolve, reject, failure }, sendParts));
}

// start starts a request in Go.
function start(request, waiting, sendParts) {
  const { signal } = request;
  const number = ++lastNumber;
  const stop = (reason) => {
    takePending(number)?.operation.end();
    host.cancelFetch(number);
    waiting.reject(reason);
  };
  const abort = () => stop(signal.reason);
  const failed = (cause) => {
    const { failure, reject } = waiting;
    takePending(number)?.operation.end();
    host.cancelFetch(number);
    setMessage(failure, "fetch failed: the stream of the request's body has failed");
    Object.defineProperty(failure, "cause", { value: cause, writable: true, configurable: true });
    reject(failure);
  };
  const operation = begin(stop);
  if (operation.refused) throw operation.reason;
  const body = new SentBody(bodyContent(request)?.take() ?? null, true, { failed, ended() {} });
  try {
    sendParts(number, request, toPairs(propagated(request.headers)), body.args);
  } catch (error) {
    operation.end();
    body.cancel(error);
    throw error;
  }
  addStep(signal, abort);
  pending.set(number, { ...waiting, operation, signal, removeAbortStep: () => removeStep(signal, abort) });
  body.begin();
}

// propagated returns headers with the trace context of the code that runs. The headers of a request do not change.
function propagated(headers) {
  if (!isTraced()) return headers;
  const copy = new Headers(headers);
  propagate(copy);
  return copy;
}

const setMessage = (error, message) => Object.defineProperty(error, "message", { value: message, writable: true, configurable: true });

// takePending removes a pending fetch and returns it, or undefined if it has been aborted.
function takePending(number) {
  const waiting = pending.get(number);
  pending.delete(number);
  waiting?.removeAbortStep();
  return waiting;
}

// responseOf returns the Response of parts that Go passes.
function responseOf([status, statusText, fields, url, redirected], rest) {
  return makeResponse({ status, statusText, headers: guard(fromPairs(fields), "immutable"), url, redirected, ...rest });
}

expose("fetched", (number, failed, parts, body, coding, foreign) => {
  const waiting = takePending(number);
  if (!waiting) return void (typeof body === "number" && host.cancelBody(body));
  const { failure, operation, reject, resolve } = waiting;
  if (failed !== undefined) {
    setMessage(failure, failed);
    for (const flag of parts) failure[flag] = true;
    return operation.end(reject, failure);
  }
  const received = receivedBody(body);
  if (received instanceof ReceivedBody) received.abortWith(waiting.signal);
  operation.end(resolve, responseOf(parts, { body: received, coding, foreign }));
});

expose("fetchThrew", (number, thrown) => {
  const waiting = takePending(number);
  waiting?.operation.end(waiting.reject, lazy("bindings").remoteError(thrown));
});

// upgraded is called when the response to a fetch has been a 101. The WebSocket is closed if the script does not accept it
// in time.
expose("upgraded", (number, parts, socket, protocol, extensions) => {
  const end = Object.assign(new End(), { protocol, extensions });
  end.link = join(socket, end);
  end.arm(() => end.giveUp());
  const waiting = takePending(number);
  waiting?.operation.end(waiting.resolve, responseOf(parts, { webSocket: new WebSocket(secret, end) }));
});

// offered is called when an object has answered a fetch with a WebSocket.
expose("offered", (number, parts, offer, protocol) => {
  const end = Object.assign(new End(), { protocol, link: new Offer(offer) });
  const waiting = takePending(number);
  waiting?.operation.end(waiting.resolve, responseOf(parts, { webSocket: new WebSocket(secret, end) }));
});
