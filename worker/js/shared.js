import { share } from "web/lazy.js";
import { bodyContent } from "web/body.js";
import { ancestor, isGenuine } from "web/brand.js";
import { deserialize, serialize, withMaxLength } from "web/clone.js";
import { Content } from "web/content.js";
import { current, enter, outside } from "web/context.js";
import { isCloneable, isUncloneable, known, Walk } from "web/flatten.js";
import { fromPairs, toPairs } from "web/headers.js";
import { isLoaded } from "web/lazy.js";
import { Owner } from "web/owner.js";
import { makeRequest, Request } from "web/request.js";
import { takeParts } from "web/response.js";
import { Reader } from "web/revive.js";
import { defineBinding } from "./bindings.js";
import { watch } from "./disconnect.js";
import { Exchange } from "./exchange.js";
import { ExecutionContext } from "./execution_context.js";
import { extendWorker } from "./extendable.js";
import { moduleExports } from "./module_exports.js";
import { send } from "./outgoing_fetch.js";
import { receivedBody } from "./received_body.js";
import { report } from "./report.js";
import { SentBody } from "./sent_body.js";
import { env, settings } from "./settings.js";
import { settle, toPromise } from "./settle.js";
import { traced } from "./trace.js";
import { endOf, setEnd, WebSocket } from "./websocket.js";
import { Offer } from "./websocket_offer.js";
import { Transport } from "./websocket_transport.js";

// The exports of these modules, and of those that web/shared.js lists, that bundles on demand may import from "shared".
share(() => ({
  bodyContent,
  ancestor, isGenuine,
  deserialize, serialize, withMaxLength,
  Content,
  current, enter, outside,
  isCloneable, isUncloneable, known, Walk,
  fromPairs, toPairs,
  isLoaded,
  Owner,
  makeRequest, Request,
  takeParts,
  Reader,
  defineBinding,
  watch,
  Exchange,
  ExecutionContext,
  extendWorker,
  moduleExports,
  send,
  receivedBody,
  report,
  SentBody,
  env, settings,
  settle, toPromise,
  traced,
  endOf, setEnd, WebSocket,
  Offer,
  Transport,
}));
