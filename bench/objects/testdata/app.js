import { DurableObject } from "cloudflare:workers";

// Echo sends each message back. Its sockets stay open while the object sleeps.
export class Echo extends DurableObject {
  fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(socket, message) {
    socket.send(message);
  }

  webSocketClose(socket) {
    socket.close();
  }
}

// Count counts the messages in storage before it sends them back.
export class Count extends Echo {
  async webSocketMessage(socket, message) {
    await this.increment();
    socket.send(message);
  }

  async increment() {
    const count = (await this.ctx.storage.get("count")) ?? 0;
    await this.ctx.storage.put("count", count + 1);
    return count + 1;
  }
}

// A handshake is passed to one of SPREAD objects of the class CLASS, in turn, or to a new object if SPREAD is 0. Other requests call a
// method of a new object.
let next = 0;

export default {
  async fetch(request, env) {
    const objects = env[env.CLASS];
    const stub = objects.get(env.SPREAD === "0" ? objects.newUniqueId() : objects.idFromName(String(next++ % Number(env.SPREAD))));
    if (request.headers.get("upgrade") === "websocket") return stub.fetch(request);
    return new Response(String(await stub.increment()));
  },
};
