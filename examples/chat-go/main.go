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
	"time"
	"unicode/utf8"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
)

// person is the data of a connection.
type person struct{ Name, Room string }

// said and moved are the lines that everybody in a room is told.
type (
	said struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}
	moved struct {
		Name   string `json:"name"`
		Joined bool   `json:"joined"` // else left
	}
)

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
	if name == "" || utf8.RuneCountInString(name) > 32 || utf8.RuneCountInString(room) > 64 {
		// A page cannot see why an upgrade was declined, but it sees a close code.
		if socket, err := u.Accept(linger.AcceptOptions{}); err == nil {
			report(socket.Close(4001, "choose a name of 1 to 32 characters, and a room of at most 64"))
		}
		return
	}
	if _, err := u.Accept(linger.AcceptOptions{Data: person{Name: name, Room: room}, Channels: []string{room}}); err != nil {
		report(err)
		return
	}
	tell(u.Server, room, moved{Name: name, Joined: true})
}

func (chat) Message(m *linger.Message) {
	if m.Binary {
		report(m.Socket.Close(1003, "text only"))
		return
	}
	if p, err := linger.Data[person](m.Socket); err == nil && p.Room != "" {
		tell(m.Server, p.Room, said{Name: p.Name, Text: m.String()})
	}
}

func (chat) Close(c *linger.Close) {
	if p, err := linger.Data[person](c.Socket); err == nil && p.Room != "" {
		tell(c.Server, p.Room, moved{Name: p.Name})
	}
}

func tell(server *linger.Server, room string, line any) {
	text, err := json.Marshal(line)
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	log.Printf("chat runs at http://%s/", listener.Addr())
	front := &http.Server{Handler: server, ReadHeaderTimeout: 10 * time.Second}
	go func() { log.Fatal(websocket.Serve(front, listener)) }() // http.Server's own Serve would do, at a higher price
	<-ctx.Done()
	stop()                                        // a second signal ends the process at once
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
`
