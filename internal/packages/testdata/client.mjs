// What the clients of scenarios share. A client is a program for Node; its argument is the URL of the application.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import WebSocket from "ws";

export { assert, WebSocket };

process.on("uncaughtException", (error) => {
  console.error(error?.stack ?? error);
  process.exit(1);
});

/** The URL of the application, without a slash at its end. */
export const url = process.argv[2];

/** The same URL for WebSockets. */
export const socketURL = url.replace("http", "ws");

/** Sends a request, checks the status and the body of the response (a string or a pattern), and returns its header fields. */
export async function expect(path, status, body, init) {
  const response = await fetch(url + path, init);
  const text = await response.text();
  const what = `${init?.method ?? "GET"} ${path}`;
  if (typeof body === "string") assert.deepEqual([response.status, text], [status, body], what);
  assert.equal(response.status, status, `${what}: ${text}`);
  if (body instanceof RegExp) assert.match(text, body, what);
  return response.headers;
}

/** Opens a WebSocket whose messages can be awaited one after the other with next(). */
export async function open(path, protocols, options) {
  const socket = new WebSocket(socketURL + path, protocols, options);
  const messages = [], waiting = [];
  socket.on("message", (data, binary) => {
    const message = binary ? data : String(data);
    waiting.length ? waiting.shift()(message) : messages.push(message);
  });
  socket.next = () => (messages.length ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve)));
  await once(socket, "open");
  return socket;
}

/** Returns the status and the body of the response to a refused handshake. */
export async function refused(path, protocols, options) {
  const socket = new WebSocket(socketURL + path, protocols, options);
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  let body = "";
  for await (const chunk of response) body += chunk;
  return [response.statusCode, body];
}

/** Starts an HTTP server and returns its URL. The function gets a request with its body, and the response. */
export async function serve(handler) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    handler(Object.assign(request, { body }), response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

/** Waits until a condition holds. */
export async function until(condition) {
  while (!condition()) await new Promise((done) => setTimeout(done, 2));
}

/**
 * Waits until an object has slept. starts returns how many times the object was constructed. Each call wakes the object, so the
 * pauses between them grow.
 */
export async function slept(starts) {
  const before = await starts();
  for (let pause = 100; (await starts()) === before; pause *= 1.5) await new Promise((done) => setTimeout(done, pause));
}

/** Ends the program successfully, whatever it has left open. */
export const done = () => process.exit(0);
