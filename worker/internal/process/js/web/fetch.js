import { define } from "./define.js";
import { Headers, nativeFetch, NativeRequest } from "./native.js";
import { toNative, toOptions } from "./request.js";
import { isTraced, propagate } from "./trace.js";

// The fields of a connection, which a runtime's fetch does not accept. The request of a client may have them.
const ofConnection = ["connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

// Requests leave the process by the fetch of the runtime, except for those of WebSockets.
const fetchSocket = globalThis.fetch;

define(globalThis, {
  fetch: async function fetch(given, options) {
    const init = toOptions(options);
    const input = toNative(given, (init?.body ?? null) === null);
    const headers = headersOf(input, init) ?? (isTraced() ? new Headers() : undefined);
    if (headers === undefined) return nativeFetch(input, init);
    if (headers.get("upgrade")?.toLowerCase() === "websocket") return fetchSocket(input, init);
    if (!isTraced() && !ofConnection.some((name) => headers.has(name))) return nativeFetch(input, init);
    propagate(headers);
    for (const name of ofConnection) headers.delete(name);
    return nativeFetch(new NativeRequest(input, init), { headers });
  },
});

// headersOf returns a copy of the headers of a request, or undefined if it has none.
function headersOf(input, init) {
  const given = init?.headers ?? input?.headers;
  return given === undefined ? undefined : new Headers(given);
}
