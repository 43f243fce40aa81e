// A proxy in JavaScript: every message goes through here, and each side closes for itself.
//
//   linger run --var BACKEND=http://127.0.0.1:9000 examples/proxy/proxy.js

/** @type {ExportedHandler<{ BACKEND: string }>} */
export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const answer = await fetch(env.BACKEND + pathname + search, { headers: { upgrade: "websocket" } });
    const backend = answer.webSocket;
    if (!backend) return answer; // it refuses

    const [client, server] = Object.values(new WebSocketPair());
    join(server, backend, () => backend.close(1011, "the client is gone"));
    join(backend, server, () => server.close(1014, "the backend is gone"));
    // Half-open: the Close of one side is passed on, and what the other still has to say arrives.
    server.accept({ allowHalfOpen: true });
    backend.accept({ allowHalfOpen: true });
    return new Response(null, { status: 101, webSocket: client });
  },
};

// join passes on what comes from one side. Change, drop or answer messages here.
/** @param {WebSocket} from @param {WebSocket} to @param {() => void} lost */
function join(from, to, lost) {
  from.addEventListener("message", ({ data }) => to.send(data));
  from.addEventListener("close", ({ code, reason, wasClean }) => {
    if (!wasClean) lost();
    else if (code === 1005) to.close(); // an empty Close stays empty
    else to.close(code, reason);
  });
}
