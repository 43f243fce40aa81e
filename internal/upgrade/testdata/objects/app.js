// The application of the tests with objects: a room stores what it has handled before it answers. It understands some of the commands
// of the other application.
import { DurableObject } from "cloudflare:workers";

export class Room extends DurableObject {
	async fetch(request) {
		const name = new URL(request.url).searchParams.get("name");
		if (name === null) return Response.json(Object.fromEntries(await this.ctx.storage.list({ prefix: "handled " })));
		const [client, server] = Object.values(new WebSocketPair());
		this.ctx.acceptWebSocket(server, [name]);
		server.serializeAttachment({ name, handled: 0 });
		server.send("id " + name);
		return new Response(null, { status: 101, webSocket: client });
	}

	async webSocketMessage(socket, message) {
		const attachment = socket.deserializeAttachment();
		attachment.handled++;
		const stored = ((await this.ctx.storage.get("handled " + attachment.name)) ?? 0) + 1;
		await this.ctx.storage.put("handled " + attachment.name, stored);
		if (stored !== attachment.handled) throw new Error(`stored ${stored}, attached ${attachment.handled}`);
		socket.serializeAttachment(attachment);
		if (typeof message !== "string") {
			new DataView(message).setUint32(0, stored);
			return socket.send(message);
		}
		const [command] = message.split(" ", 1);
		const text = message.slice(command.length + 1);
		if (command === "publish") for (const one of this.ctx.getWebSockets()) one.send("news " + attachment.name + " " + text);
		socket.send("echo " + stored + " " + text);
	}
}

export default {
	fetch: (request, env) => (new URL(request.url).pathname === "/version" ? new Response("VERSION") : env.ROOM.getByName("room").fetch(request)),
};
