// Chat: names, rooms, and lines that tell who joins and leaves. It serves its own page.
//
//   linger run examples/chat/chat.js
//
// There is no module state: a person's name and room are the data of the
// connection, a room is a channel. So the code may be reloaded under the people
// who talk.

addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname !== "/") return event.respondWith(new Response("Not found", { status: 404 }));
  event.respondWith(new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } }));
});

addEventListener("websocketupgrade", (event) => {
  const { pathname, searchParams } = new URL(event.request.url);
  if (pathname !== "/chat") return; // the fetch listener answers
  const name = (searchParams.get("name") ?? "").trim();
  const room = searchParams.get("room") || "lobby";
  if (name.length < 1 || name.length > 32 || room.length > 64) {
    // A page cannot see why an upgrade was declined, but it sees a close code.
    return event.accept().close(4001, "choose a name of 1 to 32 characters, and a room of at most 64");
  }
  event.accept({ data: { name, room } }).subscribe(room);
  tell(room, { name, joined: true });
});

addEventListener("websocketmessage", ({ source, data }) => {
  if (typeof data !== "string") return source.close(1003, "text only");
  if (source.data) tell(source.data.room, { name: source.data.name, text: data });
});

addEventListener("websocketclose", ({ source }) => {
  if (source.data) tell(source.data.room, { name: source.data.name, joined: false });
});

function tell(room, line) {
  new BroadcastChannel(room).postMessage(JSON.stringify(line));
}

const page = `<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Linger chat</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
  form { display: flex; gap: .5rem; margin: .5rem 0; }
  input { flex: 1; min-width: 0; font: inherit; padding: .3rem .5rem; }
  button { font: inherit; padding: .3rem 1rem; }
  #lines { list-style: none; padding: .5rem; height: 60vh; overflow-y: auto; border: 1px solid #ccc; border-radius: 4px; }
  .note { color: #777; font-style: italic; }
</style>
<h1>Linger chat</h1>
<form id="join">
  <input id="name" placeholder="your name" autofocus>
  <input id="room" placeholder="room" value="lobby">
  <button>Join</button>
</form>
<ul id="lines"></ul>
<form id="say">
  <input id="text" placeholder="say something" autocomplete="off" disabled>
  <button>Send</button>
</form>
<script>
  const $ = (id) => document.getElementById(id);
  let socket;

  function line(text, note) {
    const li = document.createElement("li");
    li.textContent = text;
    if (note) li.className = "note";
    $("lines").append(li);
    li.scrollIntoView();
  }

  function connect() {
    const query = new URLSearchParams({ name: $("name").value, room: $("room").value });
    const mine = socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/chat?" + query);
    mine.onopen = () => { $("text").disabled = false; $("text").focus(); };
    mine.onmessage = (event) => {
      const said = JSON.parse(event.data);
      if (said.text === undefined) line(said.name + (said.joined ? " joined" : " left"), true);
      else line(said.name + ": " + said.text);
    };
    mine.onclose = (event) => {
      if (mine !== socket) return;
      $("text").disabled = true;
      line("closed: " + event.code + " " + event.reason, true);
      // The server went away, not we: come back, but not all at the same moment.
      if (event.code < 4000) setTimeout(() => mine === socket && connect(), 1000 + Math.random() * 2000);
    };
  }

  $("join").onsubmit = (event) => {
    event.preventDefault();
    if (socket) socket.close(1000);
    $("lines").replaceChildren();
    connect();
  };
  $("say").onsubmit = (event) => {
    event.preventDefault();
    if ($("text").value) socket.send($("text").value);
    $("text").value = "";
  };
</script>
`;
