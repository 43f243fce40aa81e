import { AbortController, AbortSignal } from "./abort.js";
import { atob, btoa } from "./base64.js";
import { Blob, File } from "./blob.js";
import { BroadcastChannel } from "./broadcast.js";
import { structuredClone } from "./clone.js";
import { console } from "./console.js";
import { Crypto, crypto } from "./crypto.js";
import { define } from "./define.js";
import { describe, describeBy } from "./describe.js";
import { TextDecoder, TextEncoder } from "./encoding.js";
import { CloseEvent, CustomEvent, Event, MessageEvent } from "./event.js";
import { DOMException } from "./exception.js";
import { Headers } from "./headers.js";
import { defineLazy, lazy } from "./lazy.js";
import "./language.js";
import { Navigator, navigator } from "./navigator.js";
import { reportError } from "./report.js";
import { Request } from "./request.js";
import { Response } from "./response.js";
import { dispatchByScript, EventTarget, globalTarget, handlerAttribute } from "./target.js";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "./timers.js";
import "./shared.js";
import { URL, URLSearchParams } from "./url.js";

define(globalThis, {
  AbortController,
  AbortSignal,
  Blob,
  BroadcastChannel,
  CloseEvent,
  Crypto,
  CustomEvent,
  DOMException,
  Event,
  EventTarget,
  File,
  Headers,
  MessageEvent,
  Navigator,
  Request,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  console,
});

// Functions and instances are enumerable, unlike classes (Web IDL, section 3.8).
Object.assign(globalThis, {
  atob,
  btoa,
  clearInterval,
  clearTimeout,
  crypto,
  navigator,
  reportError,
  global: globalThis,
  self: globalThis,
  setInterval,
  setTimeout,
  structuredClone,
  queueMicrotask(callback) {
    if (typeof callback !== "function") throw new TypeError("queueMicrotask expects a function");
    Promise.resolve().then(() => {
      try {
        callback();
      } catch (error) {
        reportError(error);
      }
    });
  },
  addEventListener(...args) {
    globalTarget.addEventListener(...args);
  },
  removeEventListener(...args) {
    globalTarget.removeEventListener(...args);
  },
  dispatchEvent(event) {
    return dispatchByScript(globalTarget, event, globalThis);
  },
});

// The globals that are exports of bundles on demand.
const onDemand = {
  compression: ["CompressionStream", "DecompressionStream"],
  crypto: ["CryptoKey", "SubtleCrypto"],
  errors: ["ErrorEvent", "PromiseRejectionEvent"],
  formdata: ["FormData"],
  intl: ["Intl"],
  messaging: ["MessageChannel", "MessagePort"],
  scheduler: ["scheduler"],
  performance: [
    "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver", "PerformanceObserverEntryList",
    "performance",
  ],
  streams: [
    "ByteLengthQueuingStrategy", "CountQueuingStrategy",
    "ReadableByteStreamController", "ReadableStream", "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest",
    "ReadableStreamDefaultController", "ReadableStreamDefaultReader",
  ],
  text_streams: ["TextDecoderStream", "TextEncoderStream"],
  writable_streams: [
    "TransformStream", "TransformStreamDefaultController",
    "WritableStream", "WritableStreamDefaultController", "WritableStreamDefaultWriter",
  ],
  urlpattern: ["URLPattern"],
  wasm: ["WebAssembly"],
  node_buffer: ["Buffer"],
  node_process: ["process"],
  node_timers: ["clearImmediate", "setImmediate"],
};
for (const [bundle, names] of Object.entries(onDemand)) defineLazy(bundle, names);

for (const type of ["error", "unhandledrejection", "rejectionhandled"]) {
  handlerAttribute(globalThis, type, globalTarget, (handler, event) => lazy("errors").callHandler(handler, event));
}

describe(URLSearchParams, (params) => Object.fromEntries(params));
describe(Headers, (headers) => Object.fromEntries(headers));
describeBy(URL, "href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash");
describeBy(Request, "method", "url", "headers", "bodyUsed");
describeBy(Response, "status", "statusText", "ok", "headers", "bodyUsed");
describeBy(Event, "type", "defaultPrevented", "cancelable", "timeStamp");
describeBy(CustomEvent, "type", "detail", "defaultPrevented", "cancelable", "timeStamp");
describeBy(MessageEvent, "type", "data");
describeBy(CloseEvent, "type", "code", "reason", "wasClean");
describeBy(AbortSignal, "aborted");
describeBy(AbortController, "signal");
describeBy(Blob, "size", "type");
describeBy(File, "size", "type", "name", "lastModified");
describeBy(BroadcastChannel, "name");
