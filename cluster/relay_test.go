package cluster_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// relay passes TCP connections on to an address. It can hold what passes, as a partition of a network does, and limit the rate.
type relay struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	open  *sync.Cond
	held  bool
	delay time.Duration // after each 4 KiB
	ended bool
	conns []net.Conn
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l, to: to}
	r.open = sync.NewCond(&r.mu)
	go r.accept()
	t.Cleanup(r.end)
	return r
}

func (r *relay) url() string { return "nats://" + r.listener.Addr().String() }

// set holds or passes, and limits the rate.
func (r *relay) set(held bool, delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held, r.delay = held, delay
	r.open.Broadcast()
}

func (r *relay) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.open.Broadcast()
	_ = r.listener.Close()
	for _, c := range r.conns {
		_ = c.Close()
	}
}

func (r *relay) accept() {
	for {
		in, err := r.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", r.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		r.mu.Lock()
		r.conns = append(r.conns, in, out)
		r.mu.Unlock()
		go r.pass(in, out)
		go r.pass(out, in)
	}
}

func (r *relay) pass(from, to net.Conn) {
	defer func() { _ = to.Close() }()
	b := make([]byte, 4<<10)
	for {
		n, err := from.Read(b)
		r.mu.Lock()
		for r.held && !r.ended {
			r.open.Wait()
		}
		delay := r.delay
		r.mu.Unlock()
		time.Sleep(delay)
		if _, werr := to.Write(b[:n]); err != nil || werr != nil {
			if !errors.Is(err, io.EOF) {
				_ = from.Close()
			}
			return
		}
	}
}
