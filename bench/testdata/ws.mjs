// An echo on the library ws: node ws.mjs PORT sync|async
import { WebSocketServer } from "ws";

const [port, kind] = process.argv.slice(2);
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("message", kind === "async"
    ? async (data, binary) => {
        await null;
        socket.send(data, { binary });
      }
    : (data, binary) => socket.send(data, { binary }));
});
