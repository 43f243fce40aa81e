import { host } from "web/host.js";
import { isLoaded, lazy } from "web/lazy.js";
import { positionOf } from "web/position.js";

// Names of handlers that other runtimes call, but not Linger.
const handlers = ["queue", "email", "tail", "trace", "alarm", "test", "websocket", "webSocketMessage", "webSocketClose", "webSocketError"];
const named = new Set([...handlers, "scheduled", "fetch", "upgrade", "open", "message", "close", "onRequest", "GET", "POST"]);

// reportUnusedExports makes Go warn of exports that nothing uses: handlers of other runtimes, and classes, which would be
// Durable Objects or entry points.
export function reportUnusedExports(namespace) {
  for (const name of Object.keys(namespace)) {
    const value = namespace[name];
    if (name === "default") reportUnusedMembers(value);
    else if (isClass(value) && !isUsed(name)) reportIgnored("class", name, value);
    else if (named.has(name) && isHandler(value)) reportIgnored("export", name, value);
  }
}

const isUsed = (name) => isLoaded("bindings") && lazy("bindings").isUsed(name);

// reportUnusedMembers reports the handlers of a default export.
function reportUnusedMembers(app) {
  if (typeof app !== "object" || app === null) return;
  for (const name of handlers) {
    if (name in app && isHandler(app[name])) reportIgnored("member", name, app[name]);
  }
}

const isHandler = (value) => typeof value === "function" || (typeof value === "object" && value !== null);

const isClass = (value) => typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

// reportIgnored reports an unused export with its position, which is that of the first function of an object or a class.
function reportIgnored(kind, name, value) {
  const members = kind === "class" ? value.prototype : typeof value === "object" ? value : {};
  const first = Object.entries(Object.getOwnPropertyDescriptors(members)).find(([key, member]) => key !== "constructor" && typeof member.value === "function");
  const [, line, column] = positionOf(first === undefined ? value : first[1].value) ?? ["", 0, 0];
  host.ignored(kind, name, line, column);
}
