package worker_test

import "testing"

// BenchmarkObjectSocketEcho measures the echo of a message on a hibernatable WebSocket of an object.
func BenchmarkObjectSocketEcho(b *testing.B) {
	a := serve(b, `
		import { DurableObject } from "cloudflare:workers";
		export class Room extends DurableObject {
			fetch() {
				const [client, server] = Object.values(new WebSocketPair());
				this.ctx.acceptWebSocket(server);
				return new Response(null, { status: 101, webSocket: client });
			}
			webSocketMessage(ws, message) { ws.send(message); }
		}
		export default { fetch: (request, env) => env.ROOM.getByName("a").fetch(request) };`, chatOptions)
	c := a.connect()
	b.ReportAllocs()
	for b.Loop() {
		c.send("hello")
		c.want("hello")
	}
}
