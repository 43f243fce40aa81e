package survival

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/websocket"
)

// window is how many messages of a client may be open. It is more than its mailbox holds,
// so while no worker handles them the server stops reading.
const (
	window  = 8
	mailbox = 4
)

// client is a connection that sends numbered messages, and hears the answers among what
// else is sent to it.
type client struct {
	s     *service
	index int
	conn  *websocket.Conn
	id    string // as the server and its log name it

	sending sync.Mutex    // numbers leave in their order
	changed chan struct{} // a token: a message is not open any more

	mu           sync.Mutex
	ledger       ledger
	ticks, notes int   // of Go code: published, and addressed
	news, mail   []int // of the script: the same
	loops        int   // messages that run for ever, sent and not reported
	wrong        bool  // something was
	gone         bool
}

// connect adds a client.
func (s *service) connect(index int) *client {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := websocket.Dial(ctx, "ws://"+s.address+"/", nil)
	if err != nil {
		s.t.Fatalf("everybody can connect; got %v", err)
	}
	_, first, err := conn.Read(ctx)
	id, named := strings.CutPrefix(string(first), "id:")
	if err != nil || !named {
		s.t.Fatalf("the script tells a connection its id first; got %q, %v", first, err)
	}
	c := &client{s: s, index: index, conn: conn, id: id, changed: make(chan struct{}, 1)}
	s.byID.Store(id, c)
	s.readers.Go(c.read)
	return c
}

// talk sends messages, some at a time, until the traffic ends.
func (c *client) talk() {
	for c.s.traffic.pass() {
		n := 1 + rand.IntN(window)
		for range n {
			if !c.room() {
				return
			}
			c.send("")
		}
		select {
		case <-time.After(rand.N(2 * time.Duration(n) * c.s.plan.pace)):
		case <-c.s.stopped:
		}
	}
}

// room waits until another message may be sent.
func (c *client) room() bool {
	late := time.NewTimer(patience)
	defer late.Stop()
	for c.open() >= window {
		select {
		case <-c.changed:
		case <-c.s.stopped:
			return false
		case <-late.C:
			c.s.t.Errorf("a message is answered or reported as failed; %d of connection %d are neither after %v", c.open(), c.index, patience)
			return false
		}
	}
	return true
}

// send sends the next message, one that the script does not survive if poison names it. It
// returns the number.
func (c *client) send(poison string) int {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.mu.Lock()
	number := c.ledger.send(time.Now())
	if poison == loop {
		c.loops++
	}
	c.mu.Unlock()
	kind, text := message(c.index, number)
	if poison != "" {
		kind, text = websocket.Text, fmt.Appendf(nil, "%d:%s", number, poison)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.conn.Write(ctx, kind, text); err != nil {
		c.s.t.Errorf("a connection stays open; writing to connection %d got %v", c.index, err)
	}
	return number
}

// read hears everything, until the connection is closed.
func (c *client) read() {
	for {
		kind, text, err := c.conn.Read(context.Background())
		if err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			if !c.gone {
				c.s.t.Errorf("a connection stays open; connection %d got %v", c.index, err)
			}
			return
		}
		c.mu.Lock()
		err = c.hear(kind, text)
		first := err != nil && !c.wrong
		c.wrong = c.wrong || first
		c.mu.Unlock()
		if first { // the others follow from it
			c.s.t.Errorf("connection %d: %v", c.index, err)
		}
	}
}

// hear notes one message. mu is held.
func (c *client) hear(kind websocket.MessageType, text []byte) error {
	topic, rest, _ := strings.Cut(string(text[:min(len(text), 20)]), ":")
	if kind == websocket.Binary || topic == "echo" {
		number, handled, err := readAnswer(c.index, kind, text)
		if err == nil {
			err = c.ledger.answer(number, handled, time.Now())
			c.wake()
		}
		return err
	}
	number, err := strconv.Atoi(rest)
	switch topic {
	case "tick":
		c.ticks, err = follow(c.ticks, number, err)
	case "note":
		c.notes, err = follow(c.notes, number, err)
	case "news":
		c.news = append(c.news, number)
	case "mail":
		c.mail = append(c.mail, number)
	default:
		err = fmt.Errorf("nobody sends %.40q", text)
	}
	return err
}

// follow expects the number after the last one.
func follow(last, number int, err error) (int, error) {
	if err == nil && number != last+1 {
		err = fmt.Errorf("what Go code sends arrives once, in order, without a gap; got %d after %d", number, last)
	}
	return number, err
}

// fail notes that the log reports a message of this connection as failed. One that has
// run out of time without being meant to is the fault of a machine that is too busy.
func (c *client) fail(report string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	late := report == stoppedEvent && c.loops == 0
	if report == stoppedEvent && c.loops > 0 {
		c.loops--
	}
	c.ledger.fail(late)
	c.wake()
}

func (c *client) wake() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *client) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.open()
}

func (c *client) failures() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.failed
}

func (c *client) isOver(number int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.over(number)
}

// check compares what was sent with what was heard, when nothing is on its way.
func (c *client) check(kills int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, t := &c.ledger, c.s.t
	if err := l.balance(); err != nil {
		t.Errorf("connection %d: %v", c.index, err)
	}
	if l.failed > kills {
		t.Errorf("with an engine fails no more than one message of a connection; of connection %d %d failed with %d engines", c.index, l.failed, kills)
	}
	if c.ticks != c.s.ticks || c.notes != c.s.notes[c.index] {
		t.Errorf("what Go code sends arrives; connection %d has heard %d of %d published and %d of %d addressed", c.index, c.ticks, c.s.ticks, c.notes, c.s.notes[c.index])
	}
	if err := c.s.news.compare(c.news, ""); err != nil {
		t.Errorf("published by the script, to connection %d: %v", c.index, err)
	}
	if err := c.s.news.compare(c.mail, c.id); err != nil {
		t.Errorf("addressed by the script, to connection %d: %v", c.index, err)
	}
}

// leave closes the connection, and expects that the server does so too.
func (c *client) leave() {
	c.mu.Lock()
	c.gone = true
	c.mu.Unlock()
	if err := c.conn.Close(websocket.CloseNormal, ""); err != nil {
		c.s.t.Errorf("a connection ends with a closing handshake; connection %d got %v", c.index, err)
	}
	if end, _ := c.conn.Outcome(); end.Received.Code != websocket.CloseNormal {
		c.s.t.Errorf("a Close is answered with its code, 1000; connection %d got %d", c.index, end.Received.Code)
	}
}
