package survival

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/websocket"
)

// client is a connection that sends numbered messages, one after the other, and hears
// them come back between numbered publications.
type client struct {
	s    *service
	conn *websocket.Conn
	id   string // as the log names it

	mu      sync.Mutex
	sent    int
	heard   map[int]bool // whose answer has come
	handled int          // what the last answer counts
	tick    int
	answer  chan int
}

func (s *service) dial() *client {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	known := s.ids()
	conn, err := websocket.Dial(ctx, s.address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &client{s: s, conn: conn, heard: map[int]bool{}, answer: make(chan int, 1)}
	for id := range s.ids() {
		if !known[id] {
			c.id = id
		}
	}
	go c.read()
	return c
}

func (s *service) ids() map[string]bool {
	ids := map[string]bool{}
	for socket := range s.app.Server().Sockets("") {
		ids[socket.ID()] = true
	}
	return ids
}

// connect adds a client with traffic.
func (s *service) connect() {
	c := s.dial()
	s.clients = append(s.clients, c)
	s.all.Go(c.talk)
}

// talk sends messages until the traffic ends. The next one waits for the answer to the
// last, or for the report that it has failed.
func (c *client) talk() {
	for {
		c.s.traffic.pass()
		select {
		case <-c.s.stopped:
			return
		default:
		}
		c.mu.Lock()
		number := c.sent
		c.sent++
		c.mu.Unlock()
		began, failed := time.Now(), c.s.log.of(c.id)
		if rand.N(2) == 0 {
			c.write(websocket.Text, fmt.Appendf(nil, "%d:%s", number, filler()))
		} else {
			c.write(websocket.Binary, append(binary.BigEndian.AppendUint32(make([]byte, 4, 8), uint32(number)), filler()...))
		}
		if !c.await(number, failed) {
			return
		}
		c.s.note(time.Since(began))
		time.Sleep(rand.N(20 * time.Millisecond))
	}
}

// await waits for the answer to a message, or for a failure to be reported beyond those
// that were.
func (c *client) await(number, failed int) bool {
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	late := time.After(patience)
	for {
		select {
		case answered := <-c.answer:
			if answered == number {
				return true
			}
		case <-look.C: // a failed event may have answered before it failed
			if c.s.log.of(c.id) > failed {
				c.s.missing.Add(1)
				return true
			}
		case <-late:
			c.s.t.Errorf("message %d is answered or reported as failed; neither came within %v", number, patience)
			return false
		}
	}
}

func (c *client) write(kind websocket.MessageType, message []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.conn.Write(ctx, kind, message); err != nil {
		c.s.t.Errorf("no connection closes; got %v", err)
	}
}

// read hears everything, until the connection is closed.
func (c *client) read() {
	for {
		kind, message, err := c.conn.Read(context.Background())
		if err != nil {
			return
		}
		c.hear(kind, message)
	}
}

func (c *client) hear(kind websocket.MessageType, message []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var number, handled, tick int
	switch {
	case strings.HasPrefix(string(message), "tick:"):
		_, _ = fmt.Sscanf(string(message), "tick:%d", &tick)
		if c.tick != 0 && tick != c.tick+1 {
			c.s.t.Errorf("publications come in order, without a gap; got %d after %d", tick, c.tick)
		}
		c.tick = tick
		return
	case kind == websocket.Binary:
		handled, number = int(binary.BigEndian.Uint32(message)), int(binary.BigEndian.Uint32(message[4:]))
	default:
		_, _ = fmt.Sscanf(string(message), "%d:%d:", &handled, &number)
	}
	c.s.echoed.Add(1)
	switch {
	case c.heard[number]:
		c.s.t.Errorf("a message is handled once; %d was twice", number)
	case number != c.sent-1 && c.s.log.of(c.id) == 0:
		c.s.t.Errorf("messages are answered in order; got %d, and %d was the last", number, c.sent-1)
	case handled > number+1 || handled < c.handled || handled == c.handled && c.s.log.of(c.id) == 0:
		c.s.t.Errorf("data counts what was handled; at message %d it says %d after %d", number, handled, c.handled)
	}
	c.heard[number], c.handled = true, handled
	select {
	case c.answer <- number:
	default:
	}
}

// check compares what was sent with what has come back.
func (c *client) check() {
	c.mu.Lock()
	defer c.mu.Unlock()
	missing, failed := c.sent-len(c.heard), c.s.log.of(c.id)
	if missing > failed {
		c.s.t.Errorf("what was not answered is reported as failed: %d of %d were not, and %d are reported", missing, c.sent, failed)
	}
	if c.handled+failed < c.sent {
		c.s.t.Errorf("data counts what was handled: %d messages, %d failed, and it says %d", c.sent, failed, c.handled)
	}
	if c.sent == 0 || c.tick == 0 {
		c.s.t.Error("this proves nothing: there was no traffic")
	}
}

// note keeps the longest time a client has waited.
func (s *service) note(waited time.Duration) {
	for {
		longest := s.longest.Load()
		if int64(waited) <= longest || s.longest.CompareAndSwap(longest, int64(waited)) {
			return
		}
	}
}
