//go:build !race

package worker_test

import "testing"

func TestObjectWebSocketLimit(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		import { DurableObject } from "cloudflare:workers";
		export class Room extends DurableObject {
			async fill() {
				const accept = () => this.ctx.acceptWebSocket(new WebSocketPair()[1], ["all"]);
				for (let i = 0; i < 32768; i++) accept();
				try {
					accept();
				} catch (error) {
					return [error.message, this.ctx.getWebSockets().length, this.ctx.getWebSockets("all").length].join(" ");
				}
			}
		}
		export default { fetch: async (request, env) => new Response(await env.ROOM.getByName("a").fill()) };`, chatOptions)
	a.get("/", 200, "only 32768 websockets can be accepted on a single Durable Object instance 32768 32768")
}
