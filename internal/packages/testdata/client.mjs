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

// patience bounds each wait of a client, in milliseconds. It is longer than the time that an application has for an event, after which its
// client gets an error.
const patience = 50_000;

/** Waits for a promise. If that takes too long, the program ends with a message: the name of the wait, what state returns, and the place. */
export async function wait(name, promise, state = () => "") {
  const { stack } = new Error();
  const timer = setTimeout(() => {
    console.error(`the client has waited for ${patience / 1000} s: ${name} ${state()}${stack.slice(stack.indexOf("\n"))}`);
    process.exit(1);
  }, patience);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** The URL of the application, without a slash at its end. */
export const url = process.argv[2];

/** The same URL for WebSockets. */
export const socketURL = url.replace("http", "ws");

/** Sends a request, checks the status and the body of the response (a string or a pattern), and returns its header fields. */
export async function expect(path, status, body, init) {
  const what = `${init?.method ?? "GET"} ${path}`;
  const response = await wait(what, fetch(url + path, init));
  const text = await wait(`the body of ${what}`, response.text(), () => `with the status ${response.status}`);
  if (typeof body === "string") assert.deepEqual([response.status, text], [status, body], what);
  assert.equal(response.status, status, `${what}: ${text}`);
  if (body instanceof RegExp) assert.match(text, body, what);
  return response.headers;
}

/** Opens a WebSocket whose messages can be awaited one after the other with next(). */
export async function open(path, protocols, options) {
  const socket = new WebSocket(socketURL + path, protocols, options);
  const messages = [], waiting = [];
  let end = "";
  socket.on("message", (data, binary) => {
    const message = binary ? data : String(data);
    waiting.length ? waiting.shift()(message) : messages.push(message);
  });
  socket.on("close", (code, reason) => (end = `which was closed with ${code} ${JSON.stringify(String(reason))}`));
  const next = () => (messages.length ? messages.shift() : new Promise((resolve) => waiting.push(resolve)));
  socket.next = () => wait(`a message of the WebSocket ${path}`, next(), () => end);
  await wait(`opening the WebSocket ${path}`, once(socket, "open"), () => end);
  return socket;
}

/** Returns the status and the body of the response to a refused handshake. */
export async function refused(path, protocols, options) {
  const what = `the refusal of the WebSocket ${path}`;
  const socket = new WebSocket(socketURL + path, protocols, options);
  socket.on("error", () => {});
  const [, response] = await wait(what, once(socket, "unexpected-response"), () => `in the state ${socket.readyState}`);
  return [response.statusCode, await wait(`the body of ${what}`, textOf(response), () => `with the status ${response.statusCode}`)];
}

/** Returns the rest of a stream as text. */
async function textOf(stream) {
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}

/** Starts an HTTP server and returns its URL. The function gets a request with its body, and the response. */
export async function serve(handler) {
  const server = createServer(async (request, response) => {
    handler(Object.assign(request, { body: await textOf(request) }), response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

/** Waits until a condition holds. */
export function until(condition) {
  const holds = async () => {
    while (!condition()) await new Promise((done) => setTimeout(done, 2));
  };
  return wait(`until ${condition}`, holds());
}

/**
 * Waits until an object has slept. starts returns how many times the object was constructed. Each call wakes the object, so the
 * pauses between them grow.
 */
export async function slept(starts) {
  const before = await starts();
  for (let pause = 100; (await starts()) === before; pause *= 1.5) await new Promise((done) => setTimeout(done, pause));
}

/** Ends the program successfully, whatever it has left open. The test waits for the line and not for the exit. */
export function done() {
  console.log("the client is done");
  process.exit(0);
}
