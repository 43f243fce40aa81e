package nodes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// crowd are the clients of all nodes, and their traffic.
type crowd struct {
	t       *testing.T
	clients []*client
	ledger  *ledger

	stop    context.CancelFunc // of the traffic
	traffic sync.WaitGroup
	leave   context.CancelFunc // of the clients
	present sync.WaitGroup
}

const (
	channels = 10
	objects  = 12
)

// objectName returns the name of an object.
func objectName(i int) string { return fmt.Sprint("object", i%objects) }

// newCrowd connects clients, of which each node has the same number, and returns when all are connected.
func newCrowd(t *testing.T, nodes []*node, count int) *crowd {
	t.Helper()
	c := &crowd{t: t, ledger: newLedger(), stop: func() {}}
	var ctx context.Context
	ctx, c.leave = context.WithCancel(context.Background())
	var connected sync.WaitGroup
	for i := range count {
		one := &client{name: fmt.Sprint("client", i), node: nodes[i%len(nodes)], channels: []string{fmt.Sprint("channel", i/len(nodes)%channels)}}
		c.clients = append(c.clients, one)
		connected.Add(1)
		c.present.Go(func() { one.run(ctx, connected.Done) })
	}
	done := make(chan struct{})
	go func() { connected.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(timeout):
		t.Fatalf("within %v not all of the %d clients are connected", timeout, count)
	}
	t.Cleanup(c.end)
	return c
}

// begin begins the traffic.
func (c *crowd) begin() {
	var ctx context.Context
	ctx, c.stop = context.WithCancel(context.Background())
	for i, one := range c.clients {
		var act func(ctx context.Context, number int)
		pause := 400 * time.Millisecond
		switch {
		case i < 3*channels: // one publisher on each node for each channel
			act = func(ctx context.Context, number int) { c.publish(ctx, one, number) }
		case i < 3*channels+30:
			act = func(ctx context.Context, number int) { c.send(ctx, one, number) }
		case i < 3*channels+30+2*objects:
			act, pause = func(ctx context.Context, number int) { c.callObject(ctx, one, objectName(i), number) }, 300*time.Millisecond
		default:
			continue
		}
		c.traffic.Go(func() {
			for number := 1; ctx.Err() == nil; number++ {
				act(ctx, number)
				time.Sleep(pause/2 + rand.N(pause))
			}
		})
	}
}

// ask sends a request of a client that is connected.
func (c *crowd) ask(ctx context.Context, from *client, kind string, fields map[string]any) (json.RawMessage, error) {
	s := from.current()
	if s == nil {
		return nil, errEnded
	}
	began := time.Now()
	value, err := s.request(ctx, kind, fields)
	c.ledger.took(kind, began)
	if err != nil && !errors.Is(err, errEnded) && ctx.Err() == nil {
		c.ledger.fail(err)
	}
	return value, err
}

// publish publishes a numbered message.
func (c *crowd) publish(ctx context.Context, from *client, number int) {
	m := sent{text: fmt.Sprintf("publication %s %d", from.name, number), channel: from.channels[0], began: time.Now()}
	if _, err := c.ask(ctx, from, "publish", map[string]any{"channel": m.channel, "text": m.text}); err == nil {
		m.at = time.Now()
		c.ledger.add(m)
	}
}

// send sends a numbered message to the connection of another client, on any node.
func (c *crowd) send(ctx context.Context, from *client, number int) {
	to := c.clients[rand.N(len(c.clients))].current()
	if to == nil {
		return
	}
	m := sent{text: fmt.Sprintf("message %s %d", from.name, number), to: to, began: time.Now()}
	if _, err := c.ask(ctx, from, "send", map[string]any{"to": to.id, "text": m.text}); err == nil {
		m.at = time.Now()
		c.ledger.add(m)
	}
}

// callObject adds a row to an object.
func (c *crowd) callObject(ctx context.Context, from *client, object string, number int) {
	value, err := c.ask(ctx, from, "add", map[string]any{"object": object, "key": fmt.Sprintf("%s-%d", from.name, number)})
	var r row
	if err == nil && json.Unmarshal(value, &r) == nil {
		c.ledger.addRow(object, r)
	}
}

// end ends the traffic, and disconnects the clients. It may be called again.
func (c *crowd) end() {
	c.stop()
	c.traffic.Wait()
	c.leave()
	c.present.Wait()
}

// rows returns the rows of an object, when it can be reached.
func (c *crowd) rows(object string) (rows []row) {
	c.t.Helper()
	eventually(c.t, object+" returns its rows", func() bool {
		value, err := c.ask(context.Background(), c.clients[rand.N(len(c.clients))], "rows", map[string]any{"object": object})
		if err != nil {
			return false
		}
		rows, err = decodeRows(value)
		return err == nil
	})
	return rows
}

// finish ends the traffic, and checks all that has happened.
func (c *crowd) finish() {
	c.t.Helper()
	time.Sleep(settleTime)
	c.stop()
	c.traffic.Wait()
	for i := range objects {
		c.ledger.checkRows(c.t, objectName(i), c.rows(objectName(i)))
	}
	c.end()
	c.ledger.check(c.t, c.clients)
}

// awaitPresence waits until each node has the presence of all channels right, and fails the test after a bound.
func (c *crowd) awaitPresence(bound time.Duration) {
	c.t.Helper()
	want := map[string]map[string]bool{}
	for _, one := range c.clients {
		if want[one.channels[0]] == nil {
			want[one.channels[0]] = map[string]bool{}
		}
		want[one.channels[0]][one.name] = true
	}
	began := time.Now()
	for i := range 3 * channels { // one client on each node for each channel
		from := c.clients[i]
		for {
			wrong := c.comparePresence(from, want[from.channels[0]])
			if wrong == "" {
				break
			}
			if time.Since(began) > bound {
				c.t.Errorf("the presence of %s on %s is wrong after %v: %s", from.channels[0], from.node.name, bound, wrong)
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	c.t.Logf("the presence is right on all nodes after %v", time.Since(began).Round(time.Millisecond))
}

// comparePresence returns how the presence of a channel differs from what it must be, "" if it does not.
func (c *crowd) comparePresence(from *client, want map[string]bool) string {
	value, err := c.ask(context.Background(), from, "presence", map[string]any{"channel": from.channels[0]})
	var got struct {
		Members []string `json:"members"`
		Missing []string `json:"missing"`
	}
	if err == nil {
		err = json.Unmarshal(value, &got)
	}
	if err != nil {
		return err.Error()
	}
	seen := map[string]bool{}
	for _, name := range got.Members {
		if !want[name] || seen[name] {
			return "there is " + name + ", too often or not at all a member"
		}
		seen[name] = true
	}
	if len(seen) != len(want) || len(got.Missing) > 0 {
		return fmt.Sprintf("%d of %d members, and nodes without an answer: %v", len(seen), len(want), got.Missing)
	}
	return ""
}
