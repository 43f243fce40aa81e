import assert from "node:assert";

const { answers, call, log } = globalThis.linger;

const takeAll = () => log.splice(0);
const take = () => takeAll().filter(([name]) => name !== "extend"); // the calls, without those of waitUntil
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

// called waits until the modules have called a function of Linger.
async function called(name, ...args) {
  while (!log.some((entry) => entry[0] === name && args.every((arg, i) => entry[i + 1] === arg))) await turn();
}

call("configure", false, "arraybuffer", false, 30000, '{"KEY":"value"}', "[]", false, "stay");
assert.deepEqual({ ...env }, { KEY: "value" });
assert.deepEqual(take(), []);

const application = {};
for (const type of ["fetch", "websocketupgrade", "websocketmessage", "websocketclose", "websocketdrain", "websocketpeerclose"]) {
  addEventListener(type, (event) => application[type]?.(event));
}
assert.deepEqual(call("listening").length, 6);
const [file, line] = call("places", "fetch");
assert.match(file, /scenario\.mjs$/);
assert.ok(line > 5 && line < 25, `the line is ${line}`);

// An upgrade is accepted, with data.
answers.accept = () => "c1";
application.websocketupgrade = (event) => {
  assert.ok(event instanceof Event && event instanceof ExtendableEvent && event.request instanceof Request);
  assert.equal(event.type, "websocketupgrade");
  assert.equal(event.request.url, "http://example.com/room");
  assert.equal(event.remoteAddress, "10.0.0.1");
  const connection = event.accept({ data: { n: 1, at: new Date(0), bytes: new Uint8Array([1, 2]) }, protocol: "chat" });
  assert.equal(connection.id, "c1");
};
call("upgrade", 1, "GET", "http://example.com/room", ["host", "example.com", "upgrade", "websocket"], "10.0.0.1");
const text = 'S{"n":1,"at":{"$":["Date",0]},"bytes":{"$":["View","Uint8Array",{"$":["ArrayBuffer","AQI=",null]},0,2]}}';
assert.deepEqual(take(), [["accept", 1, "chat", [], text, false, false], ["done", 1]]);

// A message is echoed, and data is saved at the end of the event.
answers.data = () => text;
application.websocketmessage = (event) => {
  assert.ok(event instanceof Event && event.isTrusted && event.target === globalThis);
  event.source.data.n++;
  event.source.send(event.data);
};
assert.equal(call("message", 2, "c1", "hello"), true);
assert.deepEqual(take(), [["data", "c1"], ["send", "c1", "hello"], ["setData", "c1", text.replace('"n":1', '"n":2')]]);

// Two listeners, one of which throws and one of which is asynchronous.
application.websocketmessage = async (event) => {
  await null;
  event.source.send(event.data);
  throw new Error("failed");
};
assert.equal(call("message", 3, "c1", new Uint8Array([1]).buffer), false);
await called("done", 3);
assert.deepEqual(take(), [["send", "c1", new Uint8Array([1]).buffer], ["threw", 3, "Error: failed", undefined], ["done", 3]]);
application.websocketmessage = () => {
  throw new TypeError("at once");
};
assert.equal(call("message", 4, "c1", ""), true);
assert.deepEqual(take(), [["threw", 4, "TypeError: at once", undefined]]);

// The other events of a connection.
application.websocketpeerclose = (event) => event.source.close(1000, "bye");
call("peerclose", 5, "c1", 1000, "");
application.websocketdrain = (event) => event.source.subscribe("news");
call("drain", 6, "c1");
application.websocketclose = (event) => event.waitUntil(Promise.resolve(assert.deepEqual([event.code, event.id, event.source.readyState], [1001, "c1", 3])));
call("close", 7, "c1", 1001, "going", 1001, "", true, "remote", "closed", "");
await called("extend", -1);
assert.deepEqual(takeAll(), [
  ["close", "c1", 1000, "bye", false], ["done", 5],
  ["subscribe", "c1", "news"], ["done", 6],
  ["extend", 1], ["done", 7], ["extend", -1],
]);

// Requests.
answers.respond = () => true;
application.fetch = (event) => event.respondWith(new Response("text", { status: 201, headers: { a: "b" } }));
call("fetch", 8, "GET", "http://example.com/", ["host", "example.com"], "10.0.0.1", null);
await called("done", 8);
assert.deepEqual(take(), [["respond", 8, 201, ["a", "b", "content-type", "text/plain;charset=UTF-8"], undefined, "text"], ["done", 8]]);

application.fetch = (event) => event.respondWith((async () => Response.json(await event.request.json()))());
call("fetch", 9, "POST", "http://example.com/", ["content-type", "application/json"], "", new TextEncoder().encode('{"a":1}').buffer);
await called("done", 9);
assert.deepEqual(take(), [["respond", 9, 200, ["content-type", "application/json"], undefined, '{"a":1}'], ["done", 9]]);

// A stream is written with backpressure, and a body that is received is passed on.
answers.writeBody = () => false;
application.fetch = (event) => {
  const encoder = new TextEncoder();
  event.respondWith(new Response(new ReadableStream({
    start(controller) {
      for (const part of ["one", "two"]) controller.enqueue(encoder.encode(part));
      controller.close();
    },
  })));
};
call("fetch", 10, "GET", "http://example.com/", [], "", null);
await called("done", 10);
await called("writeBody");
const calls = take();
assert.deepEqual(calls.map(([name]) => name).sort(), ["done", "respond", "writeBody"]);
const number = calls.find(([name]) => name === "respond")[5];
assert.equal(calls.filter(([name]) => name === "writeBody").length, 1);
call("bodyRoom", number);
await called("writeBody", number);
call("bodyRoom", number);
await called("endBody", number);
assert.deepEqual(take().map(([name, ...args]) => [name, args[0]]), [["writeBody", number], ["endBody", number]]);

const chunks = ["a", "b", null, "c", null];
answers.readBody = (_, whole) => toBuffer(whole ? "whole" : chunks.shift());
const toBuffer = (chunk) => chunk && new TextEncoder().encode(chunk).buffer;
async function read(stream) {
  let text = "";
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += new TextDecoder().decode(value);
  }
}
const answerBody = async (number, respond) => {
  application.fetch = (event) => event.respondWith(respond(event.request));
  call("fetch", number, "PUT", "http://example.com/", [], "", 77);
  await called("done", number);
  return take().filter(([name]) => name === "respond").map((args) => args.slice(4));
};
assert.deepEqual(await answerBody(30, async (request) => new Response(await request.text())), [[undefined, "whole"]]);
assert.deepEqual(await answerBody(31, async (request) => new Response(await read(request.body))), [[undefined, "ab"]]);
assert.deepEqual(await answerBody(32, async (request) => new Response(await request.clone().text())), [[undefined, "c"]]);
assert.deepEqual(await answerBody(33, (request) => new Response(request.body)), [["received", 77, true, false]]);

// A request without an answer, and one without a listener.
application.fetch = () => {};
call("fetch", 12, "GET", "http://example.com/", [], "", null);
const [[name, id, places], ...after] = take();
assert.deepEqual([name, id, places.length, after], ["unanswered", 12, 3, [["done", 12]]]);

// A response with a WebSocket.
answers.acceptSocket = () => 5;
let server;
application.websocketupgrade = undefined;
application.fetch = (event) => {
  const [client, other] = new WebSocketPair();
  server = other;
  server.accept();
  server.addEventListener("message", (message) => {
    assert.ok(message instanceof MessageEvent && message instanceof Event);
    server.send(`echo ${message.data}`);
  });
  const response = new Response(null, { status: 101, webSocket: client });
  assert.equal(response.status, 101);
  assert.equal(response.webSocket, client);
  event.respondWith(response);
};
call("upgrade", 13, "GET", "http://example.com/", ["upgrade", "websocket"], "");
await called("done", 13);
call("socketMessage", 14, 5, "hi");
assert.deepEqual(take(), [["acceptSocket", 13, "", []], ["done", 13], ["socketSend", 5, "echo hi"], ["done", 14]]);
assert.ok(server instanceof EventTarget);
call("socketEnd", 15, 5, 1000, "", true, "");
assert.deepEqual(take(), [["done", 15]]);

// Requests of clients can be copied, and their headers cannot be changed.
application.fetch = (event) => {
  const { request } = event;
  const copy = new Request(request, { headers: { x: "y" } });
  assert.deepEqual([copy.url, copy.method, copy.headers.get("x")], [request.url, "PATCH", "y"]);
  assert.throws(() => request.headers.set("a", "b"), /cannot be changed/);
  assert.equal(request.headers.get("cookie"), "a=1; b=2");
  assert.equal(request.bodyUsed, true);
  assert.equal(request.redirect, "manual");
  event.respondWith(copy.text().then((text) => new Response(text + request.headers.get("host"))));
};
answers.watch = () => false;
call("fetch", 16, "PATCH", "http://example.com/a?b", ["host", "h", "cookie", "a=1", "cookie", "b=2"], "", new TextEncoder().encode("body").buffer);
await called("done", 16);
assert.deepEqual(take().filter(([name]) => name !== "watch").map((args) => args[5] ?? args[0]), ["bodyh", "done"]);

// Events of scripts: those of the runtime and those of Linger.
const seen = [];
const controller = new AbortController();
addEventListener("custom", { handleEvent: (event) => seen.push(event.detail, event.target === globalThis) }, { once: true });
addEventListener("custom", (event) => (event.preventDefault(), event.stopImmediatePropagation()), { signal: controller.signal });
addEventListener("custom", () => seen.push("not reached"));
assert.deepEqual(take().map(([name, type]) => [name, type]), Array(3).fill(["listened", "custom"]));
assert.equal(dispatchEvent(new CustomEvent("custom", { detail: 1, cancelable: true })), false);
controller.abort();
assert.equal(dispatchEvent(new CustomEvent("custom", { detail: 2, cancelable: true })), true);
assert.deepEqual(seen, [1, true, "not reached"]);
assert.throws(() => dispatchEvent({ type: "custom" }), TypeError);
onerror = (message) => (seen.push(message), true);
const bad = new WebSocketPair()[0];
bad.onmessage = () => {};
assert.equal(typeof bad.onmessage, "function");

// Channels.
const channel = new BroadcastChannel("news");
channel.onmessage = (event) => seen.push(event.data);
new BroadcastChannel("news").postMessage({ a: [1n] });
call("deliverMessage", "news", "text", "other");
while (!seen.includes("other")) await turn();
assert.deepEqual(seen.slice(-2), [{ a: [1n] }, "other"]);
assert.deepEqual(take(), [["listen", "news", true], ["publish", "news", "clone", 'S{"a":[{"$":["bigint","1"]}]}']]);
channel.close();
assert.deepEqual(take(), [["listen", "news", false]]);

// Fetch of a WebSocket, and an outgoing one.
answers.connect = () => 9;
const socket = new WebSocket("ws://example.com/");
while (log.length === 0) await turn();
await turn();
call("socketOpen", 20, 9, "", "");
await called("done", 20);
socket.send(new Uint8Array([1]));
socket.close();
assert.deepEqual(take(), [["connect", "ws://example.com/", [], 0], ["done", 20], ["socketSend", 9, new Uint8Array([1]).buffer], ["socketClose", 9, undefined, ""]]);
const fetched = fetch("http://example.com/", { headers: { upgrade: "websocket" } });
call("upgraded", take()[0][1], [101, "", ["a", "b"], "http://example.com/", false], 10, "p", "");
const answer = await fetched;
assert.deepEqual([answer.status, answer.webSocket.protocol, answer.headers.get("a"), answer.url], [101, "p", "b", "http://example.com/"]);

// Classes of the runtime whose constructors Linger extends can be subclassed, and have their static methods.
class Page extends Response {
  constructor(text) {
    super(text, { headers: { "content-type": "text/html" } });
  }
}
assert.ok(new Page("x") instanceof Response && new Page("x") instanceof Page && Response.json(1) instanceof Response);
assert.deepEqual(await answerBody(34, () => new Page("page")), [[undefined, "page"]]);
assert.equal(Response.redirect("http://example.com/").status, 302);
assert.throws(() => new Response(null, { status: 101, webSocket: {} }), TypeError);
application.websocketmessage = (event) => void (event.source.data = new Response("x"));
call("message", 35, "c1", "");
assert.match(take().find(([name]) => name === "threw")[2], /^DataCloneError/);

// Exports that nothing uses are reported, with their positions where the runtime has the text of the application.
call("exports", {
  default: {
    scheduled() {},
    queue() {},
  },
});
const [[, , unused, at]] = take().filter(([name]) => name === "ignored");
assert.equal(unused, "queue");
assert.ok(globalThis.Bun || at > 200, `the line is ${at}`);

// The bytes of Blobs and of the streams of bodies are known.
const blob = new Blob(["a", new Uint8Array([98]), new Blob(["c"])], { type: "text/x" });
assert.ok(blob instanceof Blob && new File(["x"], "name") instanceof Blob && blob.slice(1) instanceof Blob);
assert.deepEqual(await answerBody(40, () => new Response(blob)), [[undefined, new TextEncoder().encode("abc")]]);
application.websocketmessage = (event) => void (event.source.data.blob = event.data === "slice" ? blob.slice(1) : blob);
call("message", 41, "c1", "");
assert.match(take().find(([name]) => name === "setData")[2], /"blob":{"\$":\["Blob","YWJj","text\/x"\]}/);
call("message", 42, "c1", "slice");
assert.match(take().find(([name]) => name === "threw")[2], /can only be read asynchronously/);
const old = new Response("old");
const fresh = await answerBody(43, () => new Response(old.body, old));
if (!globalThis.Bun && !globalThis.Deno) assert.deepEqual(fresh, [[undefined, "old"]]);

const { DurableObject } = globalThis[Symbol.for("linger.modules")]("cloudflare:workers");
assert.equal(typeof DurableObject, "function");

console.log("passed");
process.exit(0);
