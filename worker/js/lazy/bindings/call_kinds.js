import {
  bodyContent,
  Content,
  fromPairs,
  Headers,
  isLoaded,
  lazy,
  makeRequest,
  makeResponse,
  Request,
  Response,
  takeParts,
  toPairs,
} from "shared";
import { defineCallKind, defineCallReader, defineCallTest, refuseType } from "./call_value.js";
import { exportTo, RpcTarget } from "./rpc_receive.js";
import { receive } from "./rpc_stub.js";

// The classes of the Fetch Standard, and streams, as values of calls.

defineCallKind(
  "Headers",
  Headers.prototype,
  (walk, headers) => walk.tagged("Headers", toPairs(headers)),
  (reader, pairs) => reader.number(fromPairs(pairs)),
);

defineCallKind(
  "Request",
  Request.prototype,
  (walk, request) => {
    const content = bodyContent(request);
    return walk.tagged("Request", request.method, request.url, toPairs(request.headers), request.redirect, content && walk.addBody(content.take()));
  },
  (reader, method, url, headers, redirect, body) =>
    reader.number(new Request(makeRequest({ method, url, headers, body: body === null ? null : reader.body(body) }), { redirect })),
);

defineCallKind(
  "Response",
  Response.prototype,
  (walk, response) => {
    if (response.type === "error") return walk.tagged("Response", 0);
    if (response.webSocket) refuseType("WebSocket")();
    const { status, headers, body, decode } = takeParts(response);
    return walk.tagged("Response", status, response.statusText, headers, body === null ? null : walk.addBody(body, decode), response.url);
  },
  (reader, status, statusText, headers, body, url) =>
    reader.number(status === 0 ? Response.error() : makeResponse({ status, statusText, headers: fromPairs(headers), body: body === null ? null : reader.body(body), url })),
);

// A ReadableStream of bytes is read by the receiver. Streams exist only if their bundle has been loaded.
defineCallTest((value) => {
  const state = typeof value === "object" && isLoaded("streams") ? lazy("bodies").readableState(value) : undefined;
  return state && ((walk) => walk.tagged("ReadableStream", walk.addBody(Content.ofStream(state).take())));
});
defineCallReader("ReadableStream", (reader, body) => reader.number(new Content(reader.body(body) ?? new Uint8Array(0)).stream));

// Sink writes the chunks that another script sends to a WritableStream.
class Sink extends RpcTarget {
  #writer;

  constructor(stream) {
    super();
    this.#writer = stream.getWriter();
  }

  write(chunk) {
    return this.#writer.write(chunk);
  }
  close() {
    return this.#writer.close();
  }
  abort(reason) {
    return this.#writer.abort(reason);
  }
}

defineCallTest((value) =>
  typeof value === "object" && isLoaded("writable_streams") && value instanceof lazy("writable_streams").WritableStream
    ? (walk) => walk.tagged("WritableStream", exportTo(walk, new Sink(value)))
    : undefined,
);
defineCallReader("WritableStream", (reader, index) => {
  const { stub, reference } = receive(reader.reference(index));
  const { WritableStream } = lazy("writable_streams");
  const ended = (result) => result.finally(() => reference.dispose());
  return reader.number(
    new WritableStream({
      write: (chunk) => stub.write(chunk),
      close: () => ended(stub.close()),
      abort: (reason) => ended(stub.abort(reason)),
    }),
  );
});
