import { WebSocket, WebSocketServer } from "ws";
import { compressed, dialEach, Echo, idOf, pingPayload, print, report } from "./peer.mjs";

function run(socket, id) {
  const echo = new Echo({
    send: (data, binary) => socket.send(data, { binary }),
    fragments(data, binary) {
      const bytes = Buffer.from(data);
      const middle = bytes.length / 2 + 1; // within a character of two bytes
      socket.send(bytes.subarray(0, middle), { binary, fin: false });
      socket.send(bytes.subarray(middle), { binary, fin: true });
    },
    close: ({ code, reason }) => socket.close(code, reason),
    ping: () => socket.ping(pingPayload),
    reset: () => socket._socket.resetAndDestroy(),
    fin: () => socket.terminate(),
  });
  socket.on("message", (data, binary) => (binary ? echo.send(data, true) : echo.text(data.toString())));
  socket.on("pong", (payload) => echo.pong(payload));
  socket.on("error", () => {}); // a close event follows
  socket.addEventListener("close", (event) => report(id, event.code, event.reason, event.wasClean));
}

const options = { host: "127.0.0.1", port: 0, perMessageDeflate: compressed };
const server = new WebSocketServer(options, () => print({ port: server.address().port }));
server.on("connection", (socket, request) => run(socket, idOf(request.url)));
dialEach((url, id) => run(new WebSocket(url, { perMessageDeflate: compressed }), id));
