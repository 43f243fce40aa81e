// Command chat-go is the chat of examples/chat, written with the Go API: names,
// rooms, and lines that tell who joins and leaves.
//
//	go run ./examples/chat-go
package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/lingerws/linger"
)

// person is the data of a connection.
type person struct{ name, room string }

// line is what everybody in a room is told.
type line struct {
	Name   string  `json:"name"`
	Text   *string `json:"text,omitempty"`
	Joined bool    `json:"joined"`
}

// chat is the application: its three events. It keeps nothing itself.
type chat struct{}

func (chat) Upgrade(u *linger.Upgrade) {
	query := u.Request.URL.Query()
	name, room := strings.TrimSpace(query.Get("name")), query.Get("room")
	if room == "" {
		room = "lobby"
	}
	if u.Request.URL.Path != "/chat" {
		report(u.Respond(http.NotFound))
		return
	}
	if n := utf8.RuneCountInString(name); n < 1 || n > 32 || len(room) > 64 {
		// A page cannot see why an upgrade was declined, but it sees a close code.
		if socket, err := u.Accept(linger.AcceptOptions{}); err == nil {
			report(socket.Close(4001, "choose a name of 1 to 32 characters, and a room of at most 64"))
		}
		return
	}
	if _, err := u.Accept(linger.AcceptOptions{Data: person{name, room}, Channels: []string{room}}); err != nil {
		report(err)
		return
	}
	tell(u.Server, room, line{Name: name, Joined: true})
}

func (chat) Message(m *linger.Message) {
	if m.Binary {
		report(m.Socket.Close(1003, "text only"))
		return
	}
	if p, ok := m.Socket.Data().(person); ok {
		text := m.String()
		tell(m.Server, p.room, line{Name: p.name, Text: &text})
	}
}

func (chat) Close(c *linger.Close) {
	if p, ok := c.Socket.Data().(person); ok {
		tell(c.Server, p.room, line{Name: p.name})
	}
}

func tell(server *linger.Server, room string, l line) {
	text, err := json.Marshal(l)
	report(err)
	_, err = server.Publish(room, linger.Payload{Data: text})
	report(err)
}

func report(err error) {
	if err != nil {
		log.Print(err)
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	server := linger.NewServer(chat{}, linger.Options{Fallback: http.HandlerFunc(servePage)})
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("chat runs at http://%s/", listener.Addr())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { log.Fatal(http.Serve(listener, server)) }()
	<-ctx.Done()
	report(server.Shutdown(context.Background())) // Close 1001 to everybody, every close event handled
}

func servePage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, page)
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
`
