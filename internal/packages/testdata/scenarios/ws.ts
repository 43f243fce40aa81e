import { once } from "node:events";
import { WebSocket, type RawData } from "ws";
import { equal, run } from "../check";

// The server that the checks connect to is the application itself.
addEventListener("websocketupgrade", (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname === "/refused") return event.respondWith(new Response("no", { status: 403 }));
  const source = event.accept({ protocol: pathname === "/chat" ? "chat" : undefined, headers: { "x-name": event.request.headers.get("x-name") ?? "" } });
  source.send("welcome");
});
addEventListener("websocketmessage", ({ source, data }) => data === "close" ? source.close(4001, "as you wish") : source.send(data));

const to = (request: Request, path = "") => new URL(path, request.url).href.replace("http", "ws");

run({
  async "messages, pings and closing"(request) {
    const socket = new WebSocket(to(request));
    const [welcome] = await once(socket, "message") as [RawData];
    equal(String(welcome), "welcome");
    socket.send("zażółć 😀");
    socket.send(new Uint8Array([0, 255]));
    const messages: [string, boolean][] = [];
    socket.on("message", (data, binary) => messages.push([data.toString("latin1"), binary]));
    socket.ping("are you there?");
    const [pong] = await once(socket, "pong");
    equal([String(pong), socket.readyState], ["are you there?", WebSocket.OPEN]);
    while (messages.length < 2) await once(socket, "message");
    equal(messages, [[Buffer.from("zażółć 😀").toString("latin1"), false], ["\0\xff", true]]);
    socket.send("close");
    const [code, reason] = await once(socket, "close");
    equal([code, String(reason)], [4001, "as you wish"]);
  },
  async "subprotocols, header fields and large messages"(request) {
    const socket = new WebSocket(to(request, "/chat"), ["superchat", "chat"], { headers: { "x-name": "ann" } });
    socket.once("upgrade", (response) => equal(response.headers["x-name"], "ann"));
    await once(socket, "message"); // welcome
    equal(socket.protocol, "chat");
    const large = "x".repeat(500_000);
    socket.send(large);
    const [answer] = await once(socket, "message") as [RawData];
    equal(String(answer).length, large.length);
    socket.close(1000);
    await once(socket, "close");
  },
  async "a refused upgrade"(request) {
    const socket = new WebSocket(to(request, "/refused"));
    const [, response] = await once(socket, "unexpected-response");
    equal(response.statusCode, 403);
  },
});
