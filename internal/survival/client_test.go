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

// window is the number of unanswered messages of a client. It exceeds eventQueue, the length
// of the event queue of a connection, so that the server stops reading while no worker
// handles events.
const (
	window     = 8
	eventQueue = 4
)

// client is a connection that sends numbered messages and receives their answers and other
// messages.
type client struct {
	s     *service
	index int
	conn  *websocket.Conn
	id    string // the id of the connection on the server

	sending sync.Mutex    // held while a message is numbered and written, so that messages leave in order
	changed chan struct{} // receives a value when a message is answered or failed

	mu                 sync.Mutex
	ledger             ledger
	ticks, notes       int   // the numbers of the last messages from Go: published, and sent to this connection
	bulletins, letters []int // the numbers of the messages from the script: published, and sent to this connection
	loops              int   // the number of endless loops that were sent and whose failure is not logged
	wrong              bool  // an unexpected message was received
	leaving            bool  // the client closes the connection
}

// connect returns a new client.
func (s *service) connect(index int) *client {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, err := websocket.Dial(ctx, "ws://"+s.address+"/", nil)
	if err != nil {
		s.t.Fatalf("connecting client %d: %v", index, err)
	}
	_, first, err := conn.Read(ctx)
	id, named := strings.CutPrefix(string(first), "id:")
	if err != nil || !named {
		s.t.Fatalf("the first message is %q with error %v, expected the id of the connection", first, err)
	}
	c := &client{s: s, index: index, conn: conn, id: id, changed: make(chan struct{}, 1)}
	s.byID.Store(id, c)
	s.readers.Go(c.read)
	return c
}

// sendAll sends messages, several at a time, until the traffic ends.
func (c *client) sendAll() {
	for c.s.traffic.wait() {
		n := 1 + rand.IntN(window)
		for range n {
			if !c.waitWindow() {
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

// waitWindow waits until fewer than window messages are unanswered. It returns false when
// the traffic ends.
func (c *client) waitWindow() bool {
	late := time.NewTimer(timeout)
	defer late.Stop()
	for c.unanswered() >= window {
		select {
		case <-c.changed:
		case <-c.s.stopped:
			return false
		case <-late.C:
			c.s.t.Errorf("after %v %d messages of connection %d are neither answered nor logged as failed", timeout, c.unanswered(), c.index)
			return false
		}
	}
	return true
}

// send sends the next message and returns its number. The message ends an engine if deadly
// is loop or hoard.
func (c *client) send(deadly string) int {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.mu.Lock()
	number := c.ledger.recordSend(time.Now())
	if deadly == loop {
		c.loops++
	}
	c.mu.Unlock()
	kind, text := message(c.index, number)
	if deadly != "" {
		kind, text = websocket.Text, fmt.Appendf(nil, "%d:%s", number, deadly)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := c.conn.Write(ctx, kind, text); err != nil {
		c.s.t.Errorf("writing to connection %d: %v", c.index, err)
	}
	return number
}

// read reads messages until the connection is closed.
func (c *client) read() {
	for {
		kind, text, err := c.conn.Read(context.Background())
		if err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			if !c.leaving {
				c.s.t.Errorf("reading from connection %d: %v", c.index, err)
			}
			return
		}
		c.mu.Lock()
		err = c.receive(kind, text)
		first := err != nil && !c.wrong
		c.wrong = c.wrong || first
		c.mu.Unlock()
		if first { // later errors are consequences of the first
			c.s.t.Errorf("connection %d: %v", c.index, err)
		}
	}
}

// receive records a received message. It returns an error if the message is unexpected. The
// caller holds mu.
func (c *client) receive(kind websocket.MessageType, text []byte) error {
	topic, rest, _ := strings.Cut(string(text[:min(len(text), 20)]), ":")
	if kind == websocket.Binary || topic == "echo" {
		number, handled, err := readAnswer(c.index, kind, text)
		if err == nil {
			err = c.ledger.recordAnswer(number, handled, time.Now())
			c.signalChange()
		}
		return err
	}
	number, err := strconv.Atoi(rest)
	switch topic {
	case "tick":
		c.ticks, err = expectNext(c.ticks, number, err)
	case "note":
		c.notes, err = expectNext(c.notes, number, err)
	case "bulletin":
		c.bulletins = append(c.bulletins, number)
	case "letter":
		c.letters = append(c.letters, number)
	default:
		err = fmt.Errorf("an unexpected message %.40q", text)
	}
	return err
}

// expectNext returns number, and an error unless it is last+1.
func expectNext(last, number int, err error) (int, error) {
	if err == nil && number != last+1 {
		err = fmt.Errorf("message %d from Go arrives after message %d", number, last)
	}
	return number, err
}

// recordFailure records that a message of this connection was logged as failed. If an event
// ran out of time although it was not an endless loop, the machine was too slow.
func (c *client) recordFailure(report string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	late := report == stoppedEvent && c.loops == 0
	if report == stoppedEvent && c.loops > 0 {
		c.loops--
	}
	c.ledger.recordFailure(late, c.s.inChildren())
	c.signalChange()
}

func (c *client) signalChange() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *client) unanswered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.unanswered()
}

func (c *client) failures() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.failed
}

func (c *client) hasPassed(number int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.hasPassed(number)
}

// check compares the sent and the received messages, after the traffic has ended.
func (c *client) check(kills int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, t := &c.ledger, c.s.t
	if err := l.balance(); err != nil {
		t.Errorf("connection %d: %v", c.index, err)
	}
	if l.failed > kills && !c.s.inChildren() { // a child has several events of a connection at a time
		t.Errorf("%d messages of connection %d failed with %d engines, expected at most one for each engine", l.failed, c.index, kills)
	}
	if c.ticks != c.s.ticks || c.notes != c.s.notes[c.index] {
		t.Errorf("connection %d has received %d of %d messages published by Go and %d of %d sent to it", c.index, c.ticks, c.s.ticks, c.notes, c.s.notes[c.index])
	}
	if err := c.s.broadcasts.compare(c.bulletins, ""); err != nil {
		t.Errorf("published by the script, to connection %d: %v", c.index, err)
	}
	if err := c.s.broadcasts.compare(c.letters, c.id); err != nil {
		t.Errorf("sent by the script to connection %d: %v", c.index, err)
	}
}

// closeConn closes the connection and checks the closing handshake.
func (c *client) closeConn() {
	c.mu.Lock()
	c.leaving = true
	c.mu.Unlock()
	if err := c.conn.Close(websocket.CloseNormal, ""); err != nil {
		c.s.t.Errorf("closing connection %d: %v", c.index, err)
	}
	if end, _ := c.conn.Outcome(); end.Received.Code != websocket.CloseNormal {
		c.s.t.Errorf("the Close of connection %d is answered with %d, expected 1000", c.index, end.Received.Code)
	}
}
