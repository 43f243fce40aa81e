import { compressed, dialEach, Echo, idOf, pingPayload, print, report } from "./peer.mjs";

function verbs(socket) {
  return {
    send: (data) => socket.send(data),
    close: ({ code, reason }) => socket.close(code, reason),
    ping: () => socket.ping(pingPayload),
    fin: () => socket.terminate(),
  };
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request, server) =>
    server.upgrade(request, { data: { id: idOf(request.url) } }) ? undefined : new Response(null, { status: 400 }),
  websocket: {
    perMessageDeflate: compressed,
    open(socket) {
      socket.data.echo = new Echo(verbs(socket));
    },
    message(socket, data) {
      typeof data === "string" ? socket.data.echo.text(data) : socket.data.echo.send(data, true);
    },
    pong: (socket, payload) => socket.data.echo.pong(payload),
    close: (socket, code, reason) => report(socket.data.id, code, reason),
  },
});
print({ port: server.port });

dialEach((url, id) => {
  const socket = new WebSocket(url, { perMessageDeflate: compressed });
  socket.binaryType = "arraybuffer";
  const echo = new Echo(verbs(socket));
  socket.onmessage = ({ data }) => (typeof data === "string" ? echo.text(data) : echo.send(data, true));
  socket.addEventListener("pong", ({ data }) => echo.pong(Buffer.from(data)));
  socket.onclose = ({ code, reason, wasClean }) => report(id, code, reason, wasClean);
});
