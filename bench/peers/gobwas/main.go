// Command gobwas is a server with github.com/gobwas/ws, used as its README advises for
// speed: its own listener, the upgrade without net/http, and frames without wsutil, so that
// connections have no buffers. It writes the header and payload of a frame together.
// Without wsutil, UTF-8 is not checked.
package main

import (
	"flag"
	"io"
	"log"
	"net"
	"sync"

	"github.com/gobwas/ws"
)

func main() {
	fanout := flag.Bool("fanout", false, "send each message to all connections")
	address := flag.String("addr", "127.0.0.1:9001", "address to listen on")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	answer := func(nc net.Conn, frame []byte) error {
		_, err := nc.Write(frame)
		return err
	}
	r := &room{members: map[net.Conn]bool{}}
	if *fanout {
		answer = r.publish
	}
	for {
		nc, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer func() { _ = nc.Close() }()
			if _, err := ws.Upgrade(nc); err != nil {
				return
			}
			if *fanout {
				r.join(nc)
				defer r.leave(nc)
			}
			serve(nc, answer)
		}()
	}
}

// serve reads frames, each of which is a whole message in the benchmark, until it has
// answered a Close.
func serve(nc net.Conn, answer func(net.Conn, []byte) error) {
	for {
		h, err := ws.ReadHeader(nc)
		if err != nil {
			return
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(nc, payload); err != nil {
			return
		}
		ws.Cipher(payload, h.Mask, 0)
		frame, err := ws.CompileFrame(ws.NewFrame(h.OpCode, h.Fin, payload))
		switch {
		case err != nil:
			return
		case h.OpCode == ws.OpClose:
			_, _ = nc.Write(frame)
			return
		}
		if answer(nc, frame) != nil {
			return
		}
	}
}

type room struct {
	mu      sync.RWMutex
	members map[net.Conn]bool
}

func (r *room) join(nc net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[nc] = true
}

func (r *room) leave(nc net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, nc)
}

func (r *room) publish(_ net.Conn, frame []byte) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for nc := range r.members {
		_, _ = nc.Write(frame)
	}
	return nil
}
