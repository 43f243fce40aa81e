import { subscribe } from "node:diagnostics_channel";
import { ping, WebSocket } from "undici";
import { dialEach, Echo, pingPayload, report } from "./peer.mjs";

const echoes = new Map();
subscribe("undici:websocket:pong", ({ websocket, payload }) => echoes.get(websocket)?.pong(payload));

// The API of browsers supports neither fragments nor an end without a Close. It always offers compression.
dialEach((url, id) => {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const echo = new Echo({
    send: (data) => socket.send(data),
    close: ({ code, reason }) => socket.close(code, reason),
    ping: () => ping(socket, Buffer.from(pingPayload)),
  });
  echoes.set(socket, echo);
  socket.onmessage = ({ data }) => (typeof data === "string" ? echo.text(data) : echo.send(data, true));
  socket.onclose = ({ code, reason, wasClean }) => {
    echoes.delete(socket);
    report(id, code, reason, wasClean);
  };
});
