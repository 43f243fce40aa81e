package survival

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/websocket"
)

// objectsWindow is the number of messages of a visitor that are not answered.
const objectsWindow = 4

// visitor sends numbered messages to a room. It has one connection at a time, and keeps its numbers when the process is killed.
type visitor struct {
	server *objectsServer
	index  int
	room   int

	sending sync.Mutex // held while a message is numbered and written, so that messages leave in order
	conn    *websocket.Conn

	mu       sync.Mutex
	sent     int // the number of messages, and the number of the next one
	waiting  []int
	answered []int         // the numbers of the answered messages, in order
	skipped  int           // the messages of this connection without an answer before an answered one
	lost     int           // the part of skipped, of all connections, that has not ended an engine
	deadly   int           // the messages of this connection that end an engine
	count    int           // the last count of the room that was received
	dead     bool          // the process was killed
	wrong    bool          // an error was reported
	news     int           // the number of news
	changed  chan struct{} // receives a value after an answer
}

// connect opens the connection.
func (v *visitor) connect() {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, err := websocket.Dial(ctx, fmt.Sprintf("ws://%s/room%d?visitor=%d", v.server.address, v.room, v.index), nil)
	if err != nil {
		v.fail(fmt.Errorf("connecting: %w", err))
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.conn, v.waiting, v.skipped, v.deadly, v.dead = conn, nil, 0, 0, false
}

// fail reports the first error of the visitor; later ones are consequences.
func (v *visitor) fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.wrong && !v.dead {
		v.wrong = true
		v.server.t.Errorf("visitor %d of room %d: %v", v.index, v.room, err)
	}
}

// send sends the next message. It ends an engine if deed is loop or hoard.
func (v *visitor) send(deed string) {
	v.sending.Lock()
	defer v.sending.Unlock()
	v.mu.Lock()
	text := strconv.Itoa(v.sent)
	v.waiting = append(v.waiting, v.sent)
	v.sent++
	if deed != "" {
		v.deadly++
		text += " " + deed
	}
	v.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := v.conn.Write(ctx, websocket.Text, []byte(text)); err != nil {
		v.fail(fmt.Errorf("writing: %w", err))
	}
}

// read reads messages until the connection ends.
func (v *visitor) read() {
	for {
		_, text, err := v.conn.Read(context.Background())
		if err != nil {
			v.fail(fmt.Errorf("the connection has ended: %w", err))
			return
		}
		if err := v.receive(string(text)); err != nil {
			v.fail(err)
		}
	}
}

// receive records a message. The room counts up, so the counts of what one socket receives never go down.
func (v *visitor) receive(text string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	first, second, _ := strings.Cut(text, " ")
	count, err := strconv.Atoi(second)
	if err != nil || count < v.count {
		return fmt.Errorf("%q was received after the count %d", text, v.count)
	}
	v.count = count
	if first == "news" {
		v.news++
		return nil
	}
	number, err := strconv.Atoi(first)
	at := slices.Index(v.waiting, number)
	if err != nil || at < 0 {
		return fmt.Errorf("an answer to message %q, but those without an answer are %v", first, v.waiting)
	}
	before := max(0, v.skipped-v.deadly)
	v.skipped += at
	v.lost += max(0, v.skipped-v.deadly) - before
	v.waiting = v.waiting[at+1:]
	v.answered = append(v.answered, number)
	select {
	case v.changed <- struct{}{}:
	default:
	}
	return nil
}

// unanswered returns the number of messages that wait for an answer, besides those that have ended an engine.
func (v *visitor) unanswered() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.waiting) - max(0, v.deadly-v.skipped)
}

// allAnswered reports whether the last message is answered.
func (v *visitor) allAnswered() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.waiting) == 0
}

// sendAll sends messages at a pace until the traffic ends.
func (v *visitor) sendAll(pace time.Duration, stopped <-chan struct{}) {
	for {
		select {
		case <-time.After(rand.N(2 * pace)):
		case <-stopped:
			return
		}
		for v.unanswered() >= objectsWindow {
			select {
			case <-v.changed:
			case <-stopped:
				return
			}
		}
		v.send("")
	}
}

// check compares what the room has stored with the messages of the visitor.
func (v *visitor) check(stored []int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, number := range v.answered {
		if _, found := slices.BinarySearch(stored, number); !found {
			v.server.t.Errorf("message %d of visitor %d of room %d was answered, and is not stored", number, v.index, v.room)
			return
		}
	}
	if n := len(stored); n > 0 && (stored[0] < 0 || stored[n-1] >= v.sent || n > v.sent) {
		v.server.t.Errorf("visitor %d of room %d has sent %d messages; stored are %v", v.index, v.room, v.sent, stored)
	}
}
