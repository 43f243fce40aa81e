// A proxy in JavaScript. It forwards messages and Closes between a client and a backend.
//
//   linger run --var BACKEND=http://127.0.0.1:9000 examples/proxy/proxy.js

/** @type {ExportedHandler<{ BACKEND: string }>} */
export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const answer = await fetch(env.BACKEND + pathname + search, { headers: { upgrade: "websocket" } });
    const backend = answer.webSocket;
    if (!backend) return answer; // the backend has refused the handshake

    const [client, server] = Object.values(new WebSocketPair());
    join(server, backend, () => backend.close(1011, "the client is gone"));
    join(backend, server, () => server.close(1014, "the backend is gone"));
    // In half-open mode a Close is forwarded, and messages in the other direction still arrive.
    server.accept({ allowHalfOpen: true });
    backend.accept({ allowHalfOpen: true });
    return new Response(null, { status: 101, webSocket: client });
  },
};

// join forwards messages and the Close of one socket to another. Change, drop or answer messages here.
/** @param {WebSocket} from @param {WebSocket} to @param {() => void} lost */
function join(from, to, lost) {
  from.addEventListener("message", ({ data }) => to.send(data));
  from.addEventListener("close", ({ code, reason, wasClean }) => {
    if (!wasClean) lost();
    else if (code === 1005) to.close(); // forward an empty Close as an empty Close
    else to.close(code, reason);
  });
}
