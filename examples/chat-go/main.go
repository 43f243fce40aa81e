// Command chat-go is the chat of examples/chat with the Go API: names, rooms and a list of
// those present. It serves the same page.
//
//	go run ./examples/chat-go
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
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
	page "github.com/lingerws/linger/examples/chat"
)

// person is the data of a connection. ID is sent to the pages; the id of the connection is
// kept secret.
type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Room string `json:"room"`
}

// message is a message to the pages.
type message struct {
	Type string `json:"type"` // joined, said or left
	ID   string `json:"id"`
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
	At   int64  `json:"at"` // milliseconds since 1970
}

// welcome is the first message to a page.
type welcome struct {
	Type  string   `json:"type"`
	You   string   `json:"you"`
	Topic string   `json:"topic"`
	Here  []person `json:"here"`
}

const topic = "This is the chat in Go, in examples/chat-go."

// chat is the application. It has no state: that is in the connections and their channels.
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
	p := person{ID: rand.Text(), Name: name, Room: room}
	socket, err := u.Accept(linger.AcceptOptions{Data: p, Channels: []string{room}})
	if err != nil {
		report(err)
		return
	}
	publish(u.Server, p, message{Type: "joined"})
	text, err := json.Marshal(welcome{Type: "welcome", You: p.ID, Topic: topic, Here: present(u.Server, room)})
	report(err)
	report(socket.Send(linger.Payload{Data: text}))
}

func (chat) Message(m *linger.Message) {
	if m.Binary {
		report(m.Socket.Close(1003, "text only"))
		return
	}
	if p, err := linger.Data[person](m.Socket); err == nil && p.Room != "" {
		publish(m.Server, p, message{Type: "said", Text: m.String()})
	}
}

func (chat) Close(c *linger.Close) {
	if p, err := linger.Data[person](c.Socket); err == nil && p.Room != "" {
		publish(c.Server, p, message{Type: "left"})
	}
}

// present returns the people in a room.
func present(server *linger.Server, room string) (here []person) {
	for socket := range server.Sockets(room) {
		if p, err := linger.Data[person](socket); err == nil {
			here = append(here, p)
		}
	}
	return here
}

// publish sends a message from a person to the room.
func publish(server *linger.Server, p person, m message) {
	m.ID, m.Name, m.At = p.ID, p.Name, time.Now().UnixMilli()
	text, err := json.Marshal(m)
	report(err)
	_, err = server.Publish(p.Room, linger.Payload{Data: text})
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
	go func() {
		<-ctx.Done()
		stop()                                        // a second signal ends the process immediately
		report(server.Shutdown(context.Background())) // closes all connections with 1001 and handles their close events
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) { // returns after Shutdown
		log.Fatal(err)
	}
}

func servePage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, page.HTML)
}
