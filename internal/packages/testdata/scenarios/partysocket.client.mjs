import PartySocket from "partysocket";
import { once } from "node:events";
import { assert, done, url, WebSocket } from "../client.mjs";

const socket = new PartySocket({ host: new URL(url).host, room: "lobby", id: "ann", query: { key: "q" }, WebSocket, minReconnectionDelay: 1, maxReconnectionDelay: 5 });
const next = async (type) => (await once(socket, type))[0];
assert.deepEqual(JSON.parse((await next("message")).data), { room: "lobby", number: 1, key: "q", named: true });
socket.send("hello");
assert.equal((await next("message")).data, "echo hello");
socket.send("close");
const { code, reason } = await next("close");
assert.deepEqual([code, reason], [4000, "restart"]);
assert.equal(JSON.parse((await next("message")).data).number, 2);
socket.close();
done();
