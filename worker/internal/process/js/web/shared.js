import { AbortController } from "./abort.js";
import { begin, capture, follow, withStores } from "./context.js";
import { expect, refuse, secret, tag } from "./define.js";
import { describeBy } from "./describe.js";
import { decodeBase64, encodeBase64 } from "./base64_bytes.js";
import { bytesOf, isBuffer, TextDecoder, TextEncoder } from "./encoding.js";
import { Event, stateOf } from "./event.js";
import { DOMException } from "./exception.js";
import { Headers } from "./headers.js";
import { callIn, expose, host } from "./host.js";
import { share } from "./lazy.js";
import { makeResponse, Response } from "./response.js";
import { dispatch, globalTarget } from "./target.js";
import { clearTimeout, startTimer } from "./timers.js";
import { URL } from "./url.js";

// The exports of these modules that bundles on demand may import from "shared".
share(() => ({
  AbortController,
  begin, capture, follow, withStores,
  expect, refuse, secret, tag,
  describeBy,
  decodeBase64, encodeBase64,
  bytesOf, isBuffer, TextDecoder, TextEncoder,
  Event, stateOf,
  DOMException,
  Headers,
  callIn, expose, host,
  makeResponse, Response,
  dispatch, globalTarget,
  clearTimeout, startTimer,
  URL,
}));
