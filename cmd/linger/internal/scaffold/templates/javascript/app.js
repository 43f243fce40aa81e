// Chat rooms: the connections with one path are in one room. Connections outlive this code: save a change while `linger run --watch`
// runs, and the new version handles the next event of every connection that is open. What belongs to a connection is its data, not a variable.

addEventListener("websocketupgrade", (event) => {
  const { pathname: room, searchParams } = new URL(event.request.url);
  const name = searchParams.get("name")?.trim() ?? "";
  if (name === "" || name.length > 20) {
    // A page cannot see why an upgrade was refused, but it sees a close code.
    return event.accept().close(4001, "choose a name of 1 to 20 characters");
  }
  event.accept({ data: { name, room } }).subscribe(room);
  publish(room, { type: "joined", name, guests: clients.count({ channel: room }) });
});

addEventListener("websocketmessage", ({ source, data }) => {
  if (!source.data) return; // was refused
  if (typeof data !== "string") return source.close(1003, "text only");
  const { name, room } = source.data;
  publish(room, { type: "said", name, text: data });
});

addEventListener("websocketclose", ({ source }) => {
  if (!source.data) return;
  const { name, room } = source.data;
  source.unsubscribe(room);
  publish(room, { type: "left", name, guests: clients.count({ channel: room }) });
});

function publish(room, update) {
  clients.publish(room, JSON.stringify(update));
}
