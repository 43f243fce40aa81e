/** @type {ExportedHandler} */
export default {
  async fetch(request) {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();                                   // or server.accept({ allowHalfOpen: true })
    server.addEventListener("message", (event) => server.send(event.data));
    server.addEventListener("close", (event) => console.log(server.readyState, event.code, event.wasClean));
    return new Response(null, { status: 101, webSocket: client });
  },
};
