// A server with Bun.serve: bun bun.mjs PORT [fanout|deflate]
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

const deflate = {
  perMessageDeflate: { compress: "dedicated", decompress: "dedicated" }, // a window for each connection
  message(socket, data) {
    socket.send(data, true);
  },
};

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 400 })),
  websocket: { fanout, deflate }[mode] ?? echo,
});
