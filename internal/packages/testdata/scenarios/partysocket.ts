import PartySocket from "partysocket";
import ReconnectingWebSocket from "partysocket/ws";
import { equal, fails, run } from "../check";

// The rooms of PartyKit: /parties/main/ROOM.
const connections = new Map<string, number>();
addEventListener("websocketupgrade", (event) => {
  const url = new URL(event.request.url), room = url.pathname.split("/")[3], number = (connections.get(room) ?? 0) + 1;
  connections.set(room, number);
  const connection = event.accept({ data: room });
  connection.subscribe(room);
  connection.send(JSON.stringify({ room, number, key: url.searchParams.get("key"), named: url.searchParams.has("_pk") }));
});
addEventListener("websocketmessage", ({ source, data }) => {
  if (data === "close") return source.close(4000, "restart");
  clients.publish(source.data, `echo ${data}`);
});

const next = (socket: EventTarget, type: string) => new Promise<any>((resolve) => socket.addEventListener(type, resolve, { once: true }));

run({
  async "a room is joined, and joined again after a loss"(request) {
    const socket = new PartySocket({ host: new URL(request.url).host, room: "worker", query: async () => ({ key: "k" }), minReconnectionDelay: 1, maxReconnectionDelay: 5 });
    equal(JSON.parse((await next(socket, "message")).data), { room: "worker", number: 1, key: "k", named: true });
    socket.send("hello");
    equal((await next(socket, "message")).data, "echo hello");
    socket.send("close");
    equal([(await next(socket, "close")).code, socket.shouldReconnect], [4000, true]);
    socket.send("sent while closed");
    equal(JSON.parse((await next(socket, "message")).data).number, 2);
    equal((await next(socket, "message")).data, "echo sent while closed");
    socket.close();
  },
  async "a ReconnectingWebSocket gives up"(request) {
    const socket = new ReconnectingWebSocket(`ws://${new URL(request.url).host.replace(/:.*/, ":1")}/`, [], { maxRetries: 2, minReconnectionDelay: 1, maxReconnectionDelay: 2, connectionTimeout: 20_000 });
    let errors = 0;
    await new Promise<void>((resolve) => { socket.onerror = () => { if (++errors === 3) resolve(); }; });
    equal([errors, socket.retryCount], [3, 2]);
    socket.close();
  },
  async "faults"() {
    await fails(() => new PartySocket({ host: "localhost:1", room: "r", path: "/x" }), "path must not start with a slash");
  },
});
