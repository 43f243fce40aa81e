package driver

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// passage is the way of calls from a driver that has been frozen to the one that goes on.
type passage struct {
	mu   sync.Mutex
	held []Op
	next *Driver // nil until the connection goes on
}

func (p *passage) divert(op Op) (queued int, err error) {
	p.mu.Lock()
	if p.next == nil {
		p.held = append(p.held, op)
		p.mu.Unlock()
		return 0, nil
	}
	p.mu.Unlock()
	return op.Apply(p.next)
}

// takeTo returns the calls for a driver that goes on, to which all later ones are passed. Its lock is held.
func (p *passage) takeTo(next *Driver) func() []Op {
	return func() []Op {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.next = next
		return p.held
	}
}

// step freezes a connection and lets it go on here, or in "another process". It returns where the connection is.
func step(t *testing.T, d *Driver, h Handler, moves bool) *Driver {
	p := new(passage)
	err := d.Freeze(p.divert)
	for ; errors.Is(err, ErrBusy); err = d.Freeze(p.divert) {
		time.Sleep(100 * time.Microsecond)
	}
	switch {
	case err != nil:
		t.Error(err)
		return d
	case !moves:
		d.Thaw(p.takeTo(d))
		return d
	}
	m := &mover{Driver: d, t: t}
	next := m.arrive()
	d.Release()
	next.StartWith(h, p.takeTo(next))
	return next
}

// Messages in both directions arrive once and in order while a connection moves again and again.
func TestDriverMovesUnderTraffic(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for range 3 {
			t.Run(network, func(t *testing.T) {
				t.Parallel()
				near, peer := socketPair(t, network)
				defer func() { _ = peer.Close() }()
				_ = peer.SetDeadline(time.Now().Add(wiretest.Bound))
				var at atomic.Pointer[Driver]
				d := New(near, protocol.Server, nil, Options{})
				at.Store(d)
				d.Start(echo{})
				const count = 10000
				var traffic sync.WaitGroup
				traffic.Go(func() { writeNumbered(t, peer, count) })
				traffic.Go(func() {
					for i := range count {
						if _, err := at.Load().Send(protocol.Text, []byte(fmt.Sprint("push ", i))); err != nil {
							t.Error(err)
							return
						}
					}
				})
				done := make(chan struct{})
				traffic.Go(func() { readNumbered(t, peer, count); close(done) })
				moves := 0
				for moving := true; moving; moves++ {
					select {
					case <-done:
						moving = false
					case <-time.After(200 * time.Microsecond):
						d = step(t, d, echo{}, moves%4 > 0)
						at.Store(d)
					}
				}
				traffic.Wait()
				d.CloseNow()
				t.Logf("the connection moved %d times", moves*3/4)
			})
		}
	}
}

// writeNumbered writes numbered messages, in writes that end anywhere.
func writeNumbered(t *testing.T, peer net.Conn, count int) {
	var pending []byte
	for i := range count {
		pending = append(pending, wiretest.TextFrame(fmt.Sprint("echo ", i))...)
		if cut := len(pending) - i%7; cut > 1000 || i == count-1 {
			if i == count-1 {
				cut = len(pending)
			}
			if _, err := peer.Write(pending[:cut]); err != nil {
				t.Error(err)
				return
			}
			pending = append([]byte(nil), pending[cut:]...)
		}
	}
}

// readNumbered reads what comes back, and what is pushed.
func readNumbered(t *testing.T, peer net.Conn, count int) {
	r := bufio.NewReader(peer)
	next := map[string]int{}
	for range 2 * count {
		f, err := wiretest.ReadFrame(r)
		kind, number, _ := strings.Cut(string(f.Payload), " ")
		if err != nil || number != fmt.Sprint(next[kind]) {
			t.Errorf("the peer must read %s %d next; got %v, %v", kind, next[kind], f, err)
			return
		}
		next[kind]++
	}
}
