import { AbortController, AbortSignal, addStep, isAbortSignal, removeStep } from "./abort.js";
import { atob, btoa } from "./base64.js";
import { decodeBase64, encodeBase64 } from "./base64_bytes.js";
import { Blob, blobBytes, File, fileOf } from "./blob.js";
import { setFormEncoder } from "./body.js";
import { mapSize, setSize, typedArrayName } from "./brand.js";
import { cloneWithTransfer, structuredClone } from "./clone.js";
import { begin, capture, follow, withStores } from "./context.js";
import { crypto, timingSafeEqual } from "./crypto.js";
import { define, expect, optionsOf, refuse, secret, tag } from "./define.js";
import { describe, describeBy } from "./describe.js";
import { bytesOf, isBuffer, TextDecoder, TextEncoder } from "./encoding.js";
import { Event, MessageEvent, stateOf } from "./event.js";
import { DOMException } from "./exception.js";
import { setWriter, transferables } from "./flatten.js";
import { format } from "./format.js";
import { guard, Headers } from "./headers.js";
import { callIn, context, expose, host } from "./host.js";
import { inspect } from "./inspect.js";
import { share } from "./lazy.js";
import { localeMethods } from "./locale.js";
import { nodeModule, processEnv } from "./node.js";
import { iterable } from "./pairs.js";
import { reportError } from "./report.js";
import { makeResponse, Response } from "./response.js";
import { dispatch, EventTarget, globalTarget, handlerAttribute, listenersOf } from "./target.js";
import { clearInterval, clearTimeout, queueTask, setInterval, setTimeout, startTimer } from "./timers.js";
import { URL, URLSearchParams } from "./url.js";

// The exports of these modules that bundles on demand may import from "shared".
share(() => ({
  AbortController, AbortSignal, addStep, isAbortSignal, removeStep,
  atob, btoa,
  decodeBase64, encodeBase64,
  Blob, blobBytes, File, fileOf,
  setFormEncoder,
  cloneWithTransfer, structuredClone, transferables,
  timingSafeEqual,
  define, expect, optionsOf, refuse, secret, tag,
  mapSize, setSize, typedArrayName,
  crypto,
  describe, describeBy,
  bytesOf, isBuffer, TextDecoder, TextEncoder,
  Event, MessageEvent, stateOf,
  DOMException,
  setWriter,
  format,
  guard, Headers,
  begin, capture, follow, withStores,
  callIn, context, expose, host,
  inspect,
  localeMethods,
  iterable,
  nodeModule, processEnv,
  reportError,
  makeResponse, Response,
  dispatch, EventTarget, globalTarget, handlerAttribute, listenersOf,
  clearInterval, clearTimeout, queueTask, setInterval, setTimeout, startTimer,
  URL, URLSearchParams,
}));
