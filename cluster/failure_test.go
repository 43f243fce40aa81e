package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/cluster"
	"github.com/lingerws/linger/internal/lease"
)

// numbers collects numbered records, and checks that none comes twice or after a later one.
type numbers struct {
	t *testing.T

	mu    sync.Mutex
	last  int
	count int
}

func (n *numbers) receive(_ string, record []byte) {
	i, err := strconv.Atoi(string(record))
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil || i <= n.last {
		n.t.Errorf("the record %q came after number %d, expected a higher number", record, n.last)
	}
	n.last = i
	n.count++
}

func (n *numbers) reached(i int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.last >= i
}

// publisher publishes numbered records.
type publisher struct {
	node  *cluster.Node
	next  int
	width int // of the numbers, in digits
}

func (p *publisher) publish(count int) (refused int) {
	for range count {
		p.next++
		if err := p.node.Publish("t", fmt.Appendf(nil, "%0*d", p.width, p.next)); err != nil {
			refused++
		}
	}
	return refused
}

// untilArrives publishes until a record that was published after the call arrives.
func (p *publisher) untilArrives(t *testing.T, n *numbers) {
	t.Helper()
	begin := p.next + 1
	until(t, "a record arrives", func() bool {
		p.publish(1)
		time.Sleep(10 * time.Millisecond)
		return n.reached(begin)
	})
}

// TestNodeServerRestart ends the NATS server while records are published, and starts it again.
func TestNodeServerRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := natsServer(t, -1, dir)
	port := s.Addr().(*net.TCPAddr).Port
	urls := []string{s.ClientURL()}
	a, b := join(t, cluster.Options{Node: "a", URLs: urls}), join(t, cluster.Options{Node: "b", URLs: urls})
	n := &numbers{t: t}
	if _, err := b.Subscribe("t", n.receive); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	revision, err := a.Store().Create(ctx, "node/a", []byte("1"))
	if err != nil {
		t.Fatal(err)
	}
	changes := make(chan string, 100)
	if err := b.Store().Watch(ctx, "node/", func(e lease.Entry) { changes <- string(e.Value) }, func() { changes <- "current" }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		<-changes
	}
	p := &publisher{node: a}
	p.untilArrives(t, n)
	s.Shutdown()
	s.WaitForShutdown()
	if refused := p.publish(500); refused > 0 {
		t.Errorf("%d of 500 records are refused just after the link has broken, expected that they wait", refused)
	}
	short, cancelShort := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancelShort()
	if _, err := a.Store().Get(short, "node/a"); err == nil {
		t.Error("an entry is read without a server, expected an error")
	}
	natsServer(t, port, dir)
	p.untilArrives(t, n)
	untilNodes(t, a, "a", "b")
	if _, err := a.Store().Update(ctx, "node/a", []byte("2"), revision); err != nil {
		t.Errorf("an entry is not updated after the restart: %v", err)
	}
	for {
		select {
		case got := <-changes:
			if got == "2" {
				return
			}
		case <-ctx.Done():
			t.Fatal("a watch does not report a change after the restart")
		}
	}
}

// TestNodePartition holds what passes between a node and the server, in both directions.
func TestNodePartition(t *testing.T) {
	t.Parallel()
	s := natsServer(t, -1, "")
	link := newRelay(t, s.Addr().String())
	a := join(t, cluster.Options{Node: "a", URLs: []string{s.ClientURL()}})
	b := join(t, cluster.Options{Node: "b", URLs: []string{link.url()}, SendQueue: 64 << 10})
	n := &numbers{t: t}
	if _, err := a.Subscribe("t", n.receive); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Serve("echo", func(_ string, record []byte, respond func([]byte)) { respond(record) }); err != nil {
		t.Fatal(err)
	}
	p := &publisher{node: b}
	p.untilArrives(t, n)
	untilNodes(t, a, "a", "b")
	changed := make(chan struct{}, 100)
	stop := a.Watch(func() { changed <- struct{}{} })
	defer stop()

	link.set(true, 0)
	calls := make(chan error)
	go func() {
		_, err := a.Call(t.Context(), "b", "echo", []byte("x"))
		calls <- err
	}()
	refused := p.publish(20000)
	if refused == 0 {
		t.Error("no record is refused on a broken link, expected that the queue is full")
	}
	if got := b.Status(); got.Dropped.Full < uint64(refused) || got.Pending > 128<<10 {
		t.Errorf("the status has %d refused records and %d bytes that wait, expected at least %d and at most 128 KiB", got.Dropped.Full, got.Pending, refused)
	}
	untilNodes(t, a, "a")
	untilNodes(t, b, "b")
	<-changed
	if err := <-calls; !errors.Is(err, linger.ErrUnreachable) {
		t.Errorf("a call to a node that is gone ends with %v, expected ErrUnreachable", err)
	}
	link.set(false, 0)
	untilNodes(t, a, "a", "b")
	untilNodes(t, b, "a", "b")
	p.untilArrives(t, n)
	if n.count == p.next {
		t.Errorf("all %d records have arrived, expected that some were lost", p.next)
	}
}

// TestNodeSlowLink publishes faster than the link to the server is.
func TestNodeSlowLink(t *testing.T) {
	t.Parallel()
	s := natsServer(t, -1, "")
	link := newRelay(t, s.Addr().String())
	a := join(t, cluster.Options{Node: "a", URLs: []string{s.ClientURL()}})
	b := join(t, cluster.Options{Node: "b", URLs: []string{link.url()}, SendQueue: 256 << 10})
	n := &numbers{t: t}
	if _, err := a.Subscribe("t", n.receive); err != nil {
		t.Fatal(err)
	}
	p := &publisher{node: b}
	p.untilArrives(t, n)
	link.set(false, 5*time.Millisecond)
	p.width = 1000 // more than the buffers of TCP take
	refused := p.publish(20000)
	if refused == 0 {
		t.Error("no record is refused on a slow link, expected that the queue is full")
	}
	link.set(false, 0)
	p.untilArrives(t, n)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.count < 20000-refused {
		t.Errorf("%d records arrived, expected all %d that were not refused", n.count, 20000-refused)
	}
	if got := b.Status().Dropped.Full; got < uint64(refused) {
		t.Errorf("the status has %d refused records, expected %d at least", got, refused)
	}
}

// TestJoinNameTaken joins with the name of a node that runs.
func TestJoinNameTaken(t *testing.T) {
	t.Parallel()
	urls := []string{natsServer(t, -1, "").ClientURL()}
	join(t, cluster.Options{Node: "a", URLs: urls})
	if n, err := cluster.Join(t.Context(), cluster.Options{Node: "a", URLs: urls}); !errors.Is(err, cluster.ErrNodeName) {
		t.Errorf("a second node a joins as %v with error %v, expected ErrNodeName", n, err)
	}
	join(t, cluster.Options{Node: "a", Name: "other", URLs: urls})
}

// TestTakeOver replaces the process of a node.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	urls := []string{natsServer(t, -1, "").ClientURL()}
	a, b := join(t, cluster.Options{Node: "a", URLs: urls}), join(t, cluster.Options{Node: "b", URLs: urls})
	testTakeOver(t, a, b, cluster.Options{Node: "a", URLs: urls})
}

func testTakeOver(t *testing.T, old, other *cluster.Node, opts cluster.Options) *cluster.Node {
	t.Helper()
	opts.Replace = true
	fresh := join(t, opts)
	for name, n := range map[string]*cluster.Node{"old": old, "new": fresh} {
		serve := func(_ string, _ []byte, respond func([]byte)) { respond([]byte(name)) }
		if _, err := n.Serve("which", serve); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Subscribe("t", func(from string, _ []byte) {
			if from == "a" {
				t.Error("a process of node a got a record of the same node")
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	answers := func(want string) func() bool {
		return func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			got, err := other.Call(ctx, "a", "which", nil)
			return err == nil && string(got) == want
		}
	}
	until(t, "the old process answers", answers("old"))
	for range 20 {
		if !answers("old")() {
			t.Error("a call is not answered by the old process, before TakeOver")
		}
	}
	fresh.TakeOver()
	until(t, "the new process answers", answers("new"))
	for _, n := range []*cluster.Node{old, fresh} {
		if err := n.Publish("t", []byte("x")); err != nil {
			t.Error(err)
		}
	}
	stop := other.Watch(func() { t.Errorf("the nodes have changed to %q, expected no change", other.Nodes()) })
	leave(t, old)
	for range 20 {
		if !answers("new")() {
			t.Error("a call is not answered by the new process, after the end of the old one")
		}
	}
	untilNodes(t, fresh, other.Nodes()...)
	stop()
	return fresh
}

// TestTakeOverEmbedded replaces a process that has an embedded server.
func TestTakeOverEmbedded(t *testing.T) {
	t.Parallel()
	nodes, options := threeNodes(t, true)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := nodes[0].Store().Create(ctx, "k", []byte("1")); err != nil {
		t.Fatal(err)
	}
	fresh := testTakeOver(t, nodes[0], nodes[1], options[0])
	until(t, "all three servers have the store", func() bool { return fresh.Status().Storage.Servers == 3 })
	if e, err := fresh.Store().Get(ctx, "k"); err != nil || string(e.Value) != "1" {
		t.Errorf("the entry is %q, error %v, after the take-over, expected 1", e.Value, err)
	}
	leave(t, nodes[2]) // the server of the new process is needed for a majority
	until(t, "an entry is made by two of three servers", func() bool {
		short, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		_, err := fresh.Store().Create(short, "l", nil)
		return err == nil || errors.Is(err, lease.ErrConflict)
	})
}
