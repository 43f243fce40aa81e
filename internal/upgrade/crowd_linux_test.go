package upgrade

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

// crowd is many visitors of a server with continuous traffic.
type crowd struct {
	t        *testing.T
	s        *server
	pace     time.Duration // the average time between the messages of a visitor
	failing  spans         // in which engines end
	visitors []*visitor
	stop     chan struct{} // closed at the end of the traffic
	talking  sync.WaitGroup
}

// gather opens n connections, with some habits, or all.
func gather(t *testing.T, s *server, n int, pace time.Duration, habits ...habit) *crowd {
	t.Helper()
	c := &crowd{t: t, s: s, pace: pace, stop: make(chan struct{})}
	if len(habits) == 0 {
		for h := range allHabits {
			habits = append(habits, h)
		}
	}
	for i := range n {
		v, err := c.visit(fmt.Sprint("v", i), habits[i%len(habits)])
		if err != nil {
			t.Fatal(err)
		}
		c.visitors = append(c.visitors, v)
	}
	for _, v := range c.visitors {
		v.await(t, "id ")
		if v.habit == halfOpen {
			v.note(v.peer.close(3000, "the client has nothing more to send"))
			v.await(t, "peer closed 3000")
		}
	}
	return c
}

// await waits until a message other than an answer begins with a text, and returns it.
func (v *visitor) await(t *testing.T, prefix string) (found string) {
	t.Helper()
	eventually(t, fmt.Sprintf("visitor %s (%v) has received %q", v.name, v.habit, prefix), func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		i := slices.IndexFunc(v.got, func(text string) bool { return len(text) >= len(prefix) && text[:len(prefix)] == prefix })
		if i >= 0 {
			found = v.got[i]
		}
		return i >= 0
	})
	return found
}

// start starts the traffic.
func (c *crowd) start() {
	for _, v := range c.visitors {
		if v.habit != halfOpen {
			c.talking.Go(v.talk)
		}
	}
}

// slack returns by how much data may differ from the number of answers.
func (c *crowd) slack() int {
	c.failing.mu.Lock()
	defer c.failing.mu.Unlock()
	return len(c.failing.all)
}

func (c *crowd) stopped() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

// finish ends the traffic, and waits until all is answered and has arrived.
func (c *crowd) finish() {
	c.t.Helper()
	close(c.stop)
	c.talking.Wait()
	for _, v := range c.visitors {
		if v.habit == halfOpen {
			continue
		}
		v.say() // what is not answered before the answer to this message was lost
		eventually(c.t, fmt.Sprintf("all messages of visitor %s (%v) are answered", v.name, v.habit), func() bool { return v.settled() || v.isOver() || v.failed() })
	}
	for _, p := range c.publishers() {
		for _, v := range c.visitors {
			last := p.ledger.sent - 1
			eventually(c.t, fmt.Sprintf("the last message of publisher %s arrives at visitor %s (%v)", p.name, v.name, v.habit), func() bool {
				v.mu.Lock()
				defer v.mu.Unlock()
				news := v.news[p.name]
				return v.over || v.wrong != nil || len(news) > 0 && news[len(news)-1] == last
			})
		}
	}
}

// sent returns the number of messages that were sent.
func (c *crowd) sent() (n int) {
	for _, v := range c.visitors {
		n += v.ledger.sent
	}
	return n
}

func (c *crowd) publishers() (all []*visitor) {
	for _, v := range c.visitors {
		if v.habit == publishing {
			all = append(all, v)
		}
	}
	return all
}

// failed reports whether something was wrong, so that waiting is of no use.
func (v *visitor) failed() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.wrong != nil || v.last != nil
}

func (v *visitor) isOver() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.over
}

// check checks that no connection has ended, and that no message was lost, doubled or out of order.
func (c *crowd) check() {
	c.t.Helper()
	for _, v := range c.visitors {
		v.mu.Lock()
		switch {
		case v.over:
			c.t.Errorf("the connection of visitor %s (%v) has ended: %+v, %v", v.name, v.habit, v.end, v.err)
		case v.wrong != nil:
			c.t.Errorf("visitor %s (%v): %v", v.name, v.habit, v.wrong)
		case v.last != nil:
			c.t.Errorf("visitor %s (%v) cannot send: %v", v.name, v.habit, v.last)
		}
		if err := v.ledger.balance(&c.failing); err != nil {
			c.t.Errorf("visitor %s (%v): %v", v.name, v.habit, err)
		}
		v.mu.Unlock()
	}
	for _, p := range c.publishers() {
		for _, v := range c.visitors {
			c.checkNews(p, v)
		}
	}
}

// checkNews checks that a visitor has received all that a publisher has published. Messages whose event may have failed are
// optional.
func (c *crowd) checkNews(p, v *visitor) {
	v.mu.Lock()
	got := v.news[p.name]
	v.mu.Unlock()
	optional := len(p.ledger.skipped)
	if missing := p.ledger.sent - len(got); missing > optional {
		c.t.Errorf("visitor %s (%v) has received %d of %d messages of publisher %s; %d of them may have failed: %v is missing first",
			v.name, v.habit, len(got), p.ledger.sent, p.name, optional, firstMissing(got))
	}
}

// firstMissing returns the first number that is not in an ordered list of numbers from 0.
func firstMissing(numbers []int) int {
	for i, n := range numbers {
		if n != i {
			return i
		}
	}
	return len(numbers)
}

// leave closes all connections, and checks how they end. Those that are half-open are closed by the server, for the first visitor.
func (c *crowd) leave() {
	c.t.Helper()
	for i, v := range c.visitors {
		if v.habit == halfOpen {
			id := v.await(c.t, "id ")[len("id "):]
			c.visitors[0].note(c.visitors[0].peer.send(protocol.Text, []byte(fmt.Sprintf("other %s close %d goodbye", id, 3001+i))))
			v.expectClose(c.t, 3001+i, "goodbye")
		}
	}
	for i, v := range c.visitors {
		if v.habit != halfOpen {
			v.note(v.peer.close(protocol.CloseCode(3001+i), "goodbye"))
			v.expectClose(c.t, 3001+i, "goodbye")
		}
	}
}

// expectClose waits until the connection ends, and checks the Close of the server.
func (v *visitor) expectClose(t *testing.T, code int, reason string) {
	t.Helper()
	eventually(t, fmt.Sprintf("the connection of visitor %s (%v) ends", v.name, v.habit), v.isOver)
	v.mu.Lock()
	defer v.mu.Unlock()
	want := protocol.Status{Code: protocol.CloseCode(code), Reason: reason}
	if !v.end.Clean || v.end.Received != want {
		t.Errorf("the connection of visitor %s (%v) must end with %v, clean; it ends with %+v, %v", v.name, v.habit, want, v.end, v.err)
	}
}
