// Command gorilla is github.com/gorilla/websocket as its documentation and examples
// advise: the buffers of the HTTP server are used again, a pool holds those for writing,
// and what goes to many is a PreparedMessage, written by a goroutine of each connection.
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
	address := flag.String("addr", "127.0.0.1:9001", "where to listen")
	flag.Parse()
	serve := echo
	if *fanout {
		serve = (&room{members: map[chan *websocket.PreparedMessage]bool{}}).serve
	}
	log.Fatal(http.ListenAndServe(*address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		go func() { // so that the request can be freed
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

type room struct {
	mu      sync.RWMutex
	members map[chan *websocket.PreparedMessage]bool
}

func (r *room) serve(c *websocket.Conn) {
	queue := make(chan *websocket.PreparedMessage, 16)
	r.mu.Lock()
	r.members[queue] = true
	r.mu.Unlock()
	go write(c, queue)
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
	delete(r.members, queue)
	close(queue)
	r.mu.Unlock()
}

func (r *room) publish(m *websocket.PreparedMessage) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for queue := range r.members {
		queue <- m
	}
}

// write sends until the queue is closed; after an error it only empties it.
func write(c *websocket.Conn, queue <-chan *websocket.PreparedMessage) {
	var err error
	for m := range queue {
		if err == nil {
			err = c.WritePreparedMessage(m)
		}
	}
}
