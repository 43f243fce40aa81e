const $ = (id) => document.getElementById(id);

const room = new URLSearchParams(location.search).get("room") || "lobby";
$("room").textContent = room;

let socket;
let attempts = 0; // to connect again, since a connection was last open for a while
let timer; // of the next attempt

/** Opens a connection for a guest. When it is lost, opens another one. */
function connect(name) {
  clearTimeout(timer);
  if (socket) {
    socket.onclose = null;
    socket.close();
  }
  showState("waiting", "connecting …");
  const url = new URL(`/rooms/${encodeURIComponent(room)}?` + new URLSearchParams({ name }), location.href);
  url.protocol = url.protocol.replace("http", "ws");
  socket = new WebSocket(url);
  let stable;
  socket.onopen = () => {
    stable = setTimeout(() => { attempts = 0; }, 5000);
    showState("open", "connected");
    showRoom(true);
  };
  socket.onmessage = ({ data }) => show(JSON.parse(data));
  socket.onclose = ({ code, reason }) => {
    clearTimeout(stable);
    $("say").querySelector("button").disabled = true;
    if (code === 4001) return refuse(reason);
    const wait = pause(attempts++);
    showState("waiting", `lost (${code}), again in ${Math.ceil(wait / 1000)} s`);
    timer = setTimeout(connect, wait, name);
  };
}

/** Returns a pause in ms that doubles with each attempt, up to 30 s. A random part of it prevents many pages from coming back at once. */
function pause(attempt) {
  const most = Math.min(30_000, 500 * 2 ** attempt);
  return most / 2 + Math.random() * most / 2;
}

addEventListener("online", () => { // the network is back: do not wait any longer
  if (socket?.readyState === WebSocket.CLOSED && !$("say").hidden) connect($("name").value);
});

/** Shows the form for the name again, and why the server has refused it. */
function refuse(reason) {
  showState("closed", "not connected");
  showRoom(false);
  $("problem").textContent = reason;
}

function showRoom(is) {
  $("join").hidden = is;
  $("say").hidden = !is;
  $("say").querySelector("button").disabled = !is;
  $(is ? "text" : "name").focus();
}

function showState(state, text) {
  $("state").dataset.state = state;
  $("state").textContent = text;
}

/** Shows a message of the server. */
function show({ type, name, text, guests }) {
  const line = document.createElement("li");
  if (type === "said") {
    const who = document.createElement("b");
    who.textContent = name + " ";
    line.append(who, text);
  } else {
    line.className = "note";
    line.textContent = `${name} has ${type}`;
    $("guests").textContent = guests === 1 ? "1 guest" : `${guests} guests`;
  }
  $("lines").append(line);
  while ($("lines").childElementCount > 200) $("lines").firstElementChild.remove();
  line.scrollIntoView({ block: "end" });
}

$("join").onsubmit = (event) => {
  event.preventDefault();
  $("problem").textContent = "";
  connect($("name").value);
};

$("say").onsubmit = (event) => {
  event.preventDefault();
  if (socket.readyState !== WebSocket.OPEN) return; // the text stays until the connection is back
  socket.send($("text").value);
  $("text").value = "";
};
