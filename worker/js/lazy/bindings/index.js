// The bundle bindings has what applications with bindings and imports of cloudflare:workers need: Durable Objects, entry points, calls, storage, KV
// namespaces, assets.
import { moduleExports } from "shared";
import "./call_kinds.js";
import "./d1.js";
import { WorkerEntrypoint, workers } from "./entrypoint.js";
import "./fetcher.js";
import { WebSocketRequestResponsePair } from "./hibernatable.js";
import "./hibernatable_events.js";
import "./kv.js";
import { defineClasses } from "./object.js";
import { exported, isObjectClass } from "./object_namespace.js";
import { remoteError } from "./remote_error.js";
import { defineEntrypoints, isEntrypoint } from "./service.js";

// defineExports finds the classes of objects and the entry points among the exports of the application.
export function defineExports(namespace) {
  defineClasses(namespace);
  defineEntrypoints(namespace);
}

// isUsed reports whether an exported class is that of a namespace of objects, or an entry point.
export const isUsed = (name) => isObjectClass(name) || isEntrypoint(name);

export { exported, remoteError, WebSocketRequestResponsePair, WorkerEntrypoint, workers };

const namespace = moduleExports();
if (namespace) defineExports(namespace);
