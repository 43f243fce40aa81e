import { BroadcastChannel } from "./broadcast.js";
import { define, platform } from "./define.js";
import { CloseEvent } from "./event.js";
import { defineLazy, lazy } from "./lazy.js";
import { NativeEvent, NativeEventTarget, prepare } from "./native.js";
import { Request } from "./request.js";
import { Response } from "./response.js";
import "./shared.js";
import { dispatchByScript, globalTarget, handlerAttribute } from "./target.js";

// The globals are those of the runtime, except for what Linger adds.
define(globalThis, {
  BroadcastChannel,
  Request,
  Response,
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
if (!("self" in globalThis)) define(globalThis, { self: globalThis });
if (!("CloseEvent" in globalThis)) define(globalThis, { CloseEvent });
defineLazy("errors", ["ErrorEvent", "PromiseRejectionEvent"].filter((name) => !(name in globalThis)));

for (const type of ["error", "unhandledrejection", "rejectionhandled"]) {
  handlerAttribute(globalThis, type, globalTarget, (handler, event) => lazy("errors").callHandler(handler, event));
}

// Instances of these classes of the runtime cannot be cloned, and neither can those that are read later.
const { AbortController, AbortSignal, ReadableStream, TransformStream, URL, URLSearchParams, WritableStream } = globalThis;
const classes = [AbortController, AbortSignal, NativeEvent, NativeEventTarget, ReadableStream, TransformStream, URL, URLSearchParams, WritableStream];
for (const { prototype } of classes) platform.add(prototype);
prepare("Headers", ({ prototype }) => platform.add(prototype));
