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
  if (name === "" || [...name].length > 32 || [...room].length > 64) {
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
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Linger chat</title>
<style>
  * { box-sizing: border-box; }
  body { font: 16px/1.5 system-ui, sans-serif; display: flex; flex-direction: column; gap: .75rem; height: 100dvh; max-width: 42rem; margin: 0 auto; padding: 1rem; color: #1f2430; background: #f4f5f8; }
  h1 { font-size: 1.25rem; margin: 0; }
  form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; }
  label { flex: 1; min-width: 8rem; font-size: .8rem; color: #5b6475; }
  input { display: block; width: 100%; font: inherit; font-size: 1rem; color: #1f2430; padding: .4rem .6rem; border: 1px solid #c6cbd6; border-radius: 6px; background: #fff; }
  button { font: inherit; padding: .4rem 1.1rem; border: 0; border-radius: 6px; background: #2f5bd0; color: #fff; cursor: pointer; }
  :disabled { opacity: .5; cursor: default; }
  #lines { flex: 1; list-style: none; margin: 0; padding: .75rem; overflow-y: auto; overflow-wrap: anywhere; border: 1px solid #dde0e7; border-radius: 8px; background: #fff; }
  .note { color: #5b6475; font-size: .875rem; }
  .name { font-weight: 600; }
</style>
<h1>Linger chat</h1>
<form id="join">
  <label>Name <input id="name" autocomplete="nickname" autofocus></label>
  <label>Room <input id="room" value="lobby"></label>
  <button>Join</button>
</form>
<ul id="lines" aria-live="polite"></ul>
<form id="say">
  <label>Message <input id="text" autocomplete="off" disabled></label>
  <button id="send" disabled>Send</button>
</form>
<script>
  const $ = (id) => document.getElementById(id);
  let socket;

  function show(text, name) {
    const line = document.createElement("li");
    line.className = name === undefined ? "note" : "said";
    if (name !== undefined) {
      const who = document.createElement("span");
      who.className = "name";
      who.textContent = name + ": ";
      line.append(who);
    }
    line.append(text);
    $("lines").append(line);
    line.scrollIntoView({ block: "nearest" });
  }

  function connect(query) {
    const mine = socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/chat?" + query);
    mine.onopen = () => { talking(true); $("text").focus(); };
    mine.onmessage = (event) => {
      if (mine !== socket) return; // another room has been joined
      const line = JSON.parse(event.data);
      if (line.text === undefined) show(line.name + (line.joined ? " joined" : " left"));
      else show(line.text, line.name);
    };
    mine.onclose = (event) => {
      if (mine !== socket) return;
      talking(false);
      show("closed: " + event.code + " " + event.reason);
      // The server went away, not we: come back, but not all at the same moment.
      if (event.code < 4000) setTimeout(() => mine === socket && connect(query), 1000 + Math.random() * 2000);
    };
  }

  function talking(can) {
    $("text").disabled = $("send").disabled = !can;
  }

  $("join").onsubmit = (event) => {
    event.preventDefault();
    if (socket) socket.close(1000);
    talking(false);
    $("lines").replaceChildren();
    connect(new URLSearchParams({ name: $("name").value, room: $("room").value }));
  };
  $("say").onsubmit = (event) => {
    event.preventDefault();
    if ($("text").value) socket.send($("text").value);
    $("text").value = "";
  };
</script>
</html>
`;
