import { host } from "web/host.js";

// What other runtimes call, and nothing here.
const handlers = ["scheduled", "queue", "email", "tail", "trace", "alarm", "test", "websocket", "webSocketMessage", "webSocketClose", "webSocketError"];
const named = new Set([...handlers, "fetch", "upgrade", "open", "message", "close", "onRequest", "GET", "POST"]);

// noteExports has Go warn of what a module exports and nothing uses: handlers of other events, and classes, which would be
// Durable Objects or entry points.
export function noteExports(namespace) {
  for (const name of Object.keys(namespace)) {
    const value = namespace[name];
    if (name === "default") noteMembers(value);
    else if (isClass(value)) note("class", name, value);
    else if (named.has(name) && isHandler(value)) note("export", name, value);
  }
}

function noteMembers(app) {
  if (typeof app !== "object" || app === null) return;
  for (const name of handlers) {
    if (name in app && isHandler(app[name])) note("member", name, app[name]);
  }
}

const isHandler = (value) => typeof value === "function" || (typeof value === "object" && value !== null);

const isClass = (value) => typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

// note passes on where an export is: the first function of an object or a class.
function note(kind, name, value) {
  const members = kind === "class" ? value.prototype : typeof value === "object" ? value : {};
  const first = Object.entries(Object.getOwnPropertyDescriptors(members)).find(([key, member]) => key !== "constructor" && typeof member.value === "function");
  const place = first === undefined ? value : first[1].value;
  host.ignored(kind, name, place.lineNumber ?? 0, place.columnNumber ?? 0);
}
