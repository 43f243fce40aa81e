// Bun's own server: bun bun.mjs PORT [fanout]
const [port, mode] = process.argv.slice(2);
const channel = "all";

const echo = {
  message(socket, data) {
    socket.send(data);
  },
};

const fanout = {
  open(socket) {
    socket.subscribe(channel);
  },
  message(socket, data) {
    server.publish(channel, data);
  },
};

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 400 })),
  websocket: mode === "fanout" ? fanout : echo,
});
