// Command gws is a server with github.com/lxzan/gws, used as its README advises: the HTTP
// handler starts a goroutine that reads, so that the request can be freed. That goroutine
// also handles the messages: the parallel mode costs a goroutine for each and does not keep
// their order.
package main

import (
	"flag"
	"log"
	"net/http"
	"sync"

	"github.com/lxzan/gws"
)

func main() {
	fanout := flag.Bool("fanout", false, "send each message to all connections")
	deflate := flag.Bool("deflate", false, "negotiate compression, with context takeover")
	address := flag.String("addr", "127.0.0.1:9001", "address to listen on")
	flag.Parse()
	var h gws.Event = new(echo)
	if *fanout {
		h = &room{members: map[*gws.Conn]bool{}}
	}
	upgrader := gws.NewUpgrader(h, &gws.ServerOption{
		Recovery: gws.Recovery,
		PermessageDeflate: gws.PermessageDeflate{
			Enabled: *deflate, ServerContextTakeover: true, ClientContextTakeover: true,
			ServerMaxWindowBits: 15, ClientMaxWindowBits: 15,
		},
	})
	log.Fatal(http.ListenAndServe(*address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := upgrader.Upgrade(w, r); err == nil {
			go conn.ReadLoop()
		}
	})))
}

type echo struct{ gws.BuiltinEventHandler }

func (*echo) OnMessage(c *gws.Conn, m *gws.Message) {
	_ = c.WriteMessage(m.Opcode, m.Bytes())
	_ = m.Close()
}

type room struct {
	gws.BuiltinEventHandler
	mu      sync.RWMutex
	members map[*gws.Conn]bool
}

func (r *room) OnOpen(c *gws.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[c] = true
}

func (r *room) OnClose(c *gws.Conn, err error) {
	r.mu.Lock()
	delete(r.members, c)
	r.mu.Unlock()
	r.BuiltinEventHandler.OnClose(c, err)
}

// OnMessage writes to all members. The library's Broadcaster builds the frame only once, but
// passes it to a queue for each member, which costs a tenth more without compression.
func (r *room) OnMessage(_ *gws.Conn, m *gws.Message) {
	r.mu.RLock()
	for c := range r.members {
		_ = c.WriteMessage(m.Opcode, m.Bytes())
	}
	r.mu.RUnlock()
	_ = m.Close()
}
