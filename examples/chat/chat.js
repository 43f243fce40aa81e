// A chat with names, rooms and a list of those present. It serves its own page.
//
//   linger run --watch examples/chat/chat.js
//
// Open the page in two tabs. Then change the topic here and save: all pages show it, and all connections stay open.
// There is no state in variables. A person is the data of a connection and a room is a channel; both outlive this code.
import page from "./page.html";

const topic = "Change this line in chat.js and save it.";

addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname !== "/") return event.respondWith(new Response("Not found", { status: 404 }));
  event.respondWith(new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } }));
});

addEventListener("websocketupgrade", async (event) => {
  const { pathname, searchParams } = new URL(event.request.url);
  if (pathname !== "/chat") return; // the fetch listener answers
  const name = (searchParams.get("name") ?? "").trim();
  const room = searchParams.get("room") || "lobby";
  if (name === "" || [...name].length > 32 || [...room].length > 64) {
    // A page cannot see why an upgrade was declined, but it sees a close code.
    return event.accept().close(4001, "choose a name of 1 to 32 characters, and a room of at most 64");
  }
  const id = crypto.randomUUID(); // sent to the pages; the id of the connection is kept secret
  const connection = event.accept({ data: { id, name, room } });
  connection.subscribe(room);
  publish(room, { type: "joined", id, name });
  connection.send(JSON.stringify({ type: "welcome", you: id, topic, here: await present(room) }));
});

addEventListener("websocketmessage", ({ source, data }) => {
  if (typeof data !== "string") return source.close(1003, "text only");
  if (!source.data) return; // the connection was refused with 4001
  const { id, name, room } = source.data;
  publish(room, { type: "said", id, name, text: data });
});

addEventListener("websocketclose", ({ source }) => {
  if (!source.data) return;
  const { id, name, room } = source.data;
  publish(room, { type: "left", id, name });
});

// This version was loaded, and existing connections were taken over from the last one.
addEventListener("activate", async () => {
  const code = JSON.stringify({ type: "code", topic });
  for (const connection of await clients.matchAll({ type: "websocket" })) connection.send(code);
});

/** @param {string} room */
async function present(room) {
  const connections = await clients.matchAll({ type: "websocket", channel: room });
  return connections.map(({ data: { id, name } }) => ({ id, name }));
}

/** @param {string} room @param {object} message */
function publish(room, message) {
  clients.publish(room, JSON.stringify({ ...message, at: Date.now() }));
}
