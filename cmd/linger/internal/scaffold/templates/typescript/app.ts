// Chat rooms: the connections with one path are in one room. Connections outlive this code: save a change while `linger run --watch`
// runs, and the new version handles the next event of every connection that is open. What belongs to a connection is its data, not a variable.

/** The data of a connection. */
interface Guest {
  name: string;
  room: string; // the channel of all guests in the room
}

/** What pages receive, as JSON. */
type Update =
  | { type: "joined" | "left"; name: string; guests: number }
  | { type: "said"; name: string; text: string };

addEventListener("websocketupgrade", (event) => {
  const { pathname: room, searchParams } = new URL(event.request.url);
  const name = searchParams.get("name")?.trim() ?? "";
  if (name === "" || name.length > 20) {
    // A page cannot see why an upgrade was refused, but it sees a close code.
    return event.accept().close(4001, "choose a name of 1 to 20 characters");
  }
  event.accept<Guest>({ data: { name, room } }).subscribe(room);
  publish(room, { type: "joined", name, guests: clients.count({ channel: room }) });
});

addEventListener("websocketmessage", ({ source, data }) => {
  const guest: Guest | undefined = source.data;
  if (!guest) return; // was refused
  if (typeof data !== "string") return source.close(1003, "text only");
  publish(guest.room, { type: "said", name: guest.name, text: data });
});

addEventListener("websocketclose", ({ source }) => {
  const guest: Guest | undefined = source.data;
  if (!guest) return;
  source.unsubscribe(guest.room);
  publish(guest.room, { type: "left", name: guest.name, guests: clients.count({ channel: guest.room }) });
});

function publish(room: string, update: Update) {
  clients.publish(room, JSON.stringify(update));
}
