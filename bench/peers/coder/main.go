// Command coder is github.com/coder/websocket as its documentation advises: Read and
// Write, no compression, which is its default, and for many a goroutine with a queue for
// each connection, as in its chat example.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"sync"

	"github.com/coder/websocket"
)

func main() {
	fanout := flag.Bool("fanout", false, "send each message to all connections")
	deflate := flag.Bool("deflate", false, "agree on compression, with context takeover")
	address := flag.String("addr", "127.0.0.1:9001", "where to listen")
	flag.Parse()
	serve := echo
	if *fanout {
		serve = (&room{members: map[chan message]bool{}}).serve
	}
	opts := new(websocket.AcceptOptions)
	if *deflate {
		opts.CompressionMode = websocket.CompressionContextTakeover
	}
	log.Fatal(http.ListenAndServe(*address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, opts)
		if err != nil {
			return
		}
		go func() { // so that the request can be freed
			defer func() { _ = c.CloseNow() }()
			serve(c)
		}()
	})))
}

type message struct {
	kind websocket.MessageType
	data []byte
}

func echo(c *websocket.Conn) {
	ctx := context.Background()
	for {
		kind, data, err := c.Read(ctx)
		if err != nil || c.Write(ctx, kind, data) != nil {
			return
		}
	}
}

type room struct {
	mu      sync.RWMutex
	members map[chan message]bool
}

func (r *room) serve(c *websocket.Conn) {
	queue := make(chan message, 16)
	r.mu.Lock()
	r.members[queue] = true
	r.mu.Unlock()
	go write(c, queue)
	for {
		kind, data, err := c.Read(context.Background())
		if err != nil {
			break
		}
		r.publish(message{kind, data})
	}
	r.mu.Lock()
	delete(r.members, queue)
	close(queue)
	r.mu.Unlock()
}

func (r *room) publish(m message) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for queue := range r.members {
		queue <- m
	}
}

// write sends until the queue is closed; after an error it only empties it.
func write(c *websocket.Conn, queue <-chan message) {
	var err error
	for m := range queue {
		if err == nil {
			err = c.Write(context.Background(), m.kind, m.data)
		}
	}
}
