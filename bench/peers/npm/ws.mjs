// A server with the library ws in Node: node ws.mjs PORT [fanout|async|json|deflate]
import { WebSocketServer } from "ws";

const [port, mode] = process.argv.slice(2);
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate: mode === "deflate" });

const handlers = {
  echo: (socket) => (data, binary) => socket.send(data, { binary }),
  async: (socket) => async (data, binary) => {
    await null;
    socket.send(data, { binary });
  },
  json: (socket) => (data) => {
    const { customer, lines } = JSON.parse(data);
    const charged = lines.map(({ item, count, price }) => ({ item, count, price, sum: count * price }));
    const total = charged.reduce((total, { sum }) => total + sum, 0);
    socket.send(JSON.stringify({ customer, lines: charged, total }));
  },
  fanout: () => (data, binary) => {
    for (const client of server.clients) {
      client.send(data, { binary });
    }
  },
};
const handler = handlers[mode] ?? handlers.echo;
server.on("connection", (socket) => socket.on("message", handler(socket)));
