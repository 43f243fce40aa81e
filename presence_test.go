package linger_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/wire"
)

// roster returns the members of a channel as text, and fails the test if nodes are missing.
func roster(t *testing.T, s *linger.Server, channel string) string {
	t.Helper()
	members, missing, err := s.Presence(t.Context(), channel)
	if missing != nil || err != nil {
		t.Errorf("all nodes answer; the nodes %q are missing, error %v", missing, err)
	}
	return rosterOf(t, members)
}

func rosterOf(t *testing.T, members []linger.Member) string {
	t.Helper()
	var list []string
	for _, m := range members {
		name := ""
		wantError(t, "the data of a member can be read", m.Data(&name), nil)
		list = append(list, name+"@"+m.Node)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// wantRoster fails the test if the members of a channel are not these.
func (n *node) wantRoster(channel, want string) {
	n.t.Helper()
	if got := roster(n.t, n.Server, channel); got != want {
		n.t.Errorf("on node %s the members of %s are %q; got %q", n.Node(), channel, want, got)
	}
}

// joined connects a client that joins a channel.
func (n *node) joined(channel, name string) (*client, *linger.Socket) {
	n.t.Helper()
	c, s := n.open()
	wantError(n.t, "the connection joins", s.Join(channel, name), nil)
	return c, s
}

// record collects presence events as text.
func (n *node) record(events chan<- string) {
	n.HandlePresence(func(p *linger.Presence) {
		events <- fmt.Sprintf("%s: +%s -%s", p.Channel, rosterOf(n.t, p.Joined), rosterOf(n.t, p.Left))
	})
}

// wantEvents fails the test if these are not the events that have come.
func wantEvents(t *testing.T, events <-chan string, want ...string) {
	t.Helper()
	time.Sleep(time.Second)
	synctest.Wait()
	var got []string
	for len(events) > 0 {
		got = append(got, <-events)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the events are %q; got %q", want, got)
	}
}

func TestSocketJoinAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		accepted := make(chan *linger.Socket, 10)
		n := &node{accepted: accepted}
		n.service = serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, accepted)}, linger.Options{Node: "a"})
		events := make(chan string, 100)
		n.record(events)
		_, x := n.joined("room", "x")
		client, y := n.joined("room", "y")
		n.wantRoster("room", "x@a y@a")
		if n.Subscribers("room") != 2 || n.Snapshot().PresenceMembers != 2 {
			t.Errorf("members are subscribers; got %d, and %d members in the snapshot", n.Subscribers("room"), n.Snapshot().PresenceMembers)
		}
		wantEvents(t, events, "room: +x@a y@a -")
		wantError(t, "the value is replaced", x.Join("room", "z"), nil)
		wantError(t, "the same value", y.Join("room", "y"), nil)
		wantEvents(t, events, "room: +z@a -")
		client.leave()
		n.end()
		wantEvents(t, events, "room: + -y@a")
		x.Leave("room")
		x.Leave("room")
		wantEvents(t, events, "room: + -z@a")
		if n.Subscribers("room") != 1 {
			t.Error("a connection that leaves stays a subscriber")
		}
		wantError(t, "it joins again", x.Join("room", nil), nil)
		x.Unsubscribe("room")
		wantEvents(t, events)
		n.wantRoster("room", "")
		wantError(t, "data that is too large", x.Join("room", text(1025)), linger.ErrPresenceData)
		wantError(t, "data that is much too large", x.Join("room", text(1<<17)), linger.ErrPresenceData)
		wantError(t, "no name", x.Join("", nil), linger.ErrChannelName)
		wantError(t, "a connection that has ended", y.Join("room", nil), linger.ErrClosed)
		_, _, err := n.Presence(t.Context(), "")
		wantError(t, "no name", err, linger.ErrChannelName)
	})
}

func TestServerPresence(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cluster := memcluster.New()
		events := make(chan string, 100)
		a := serveNode(t, cluster, "a", linger.HandlerFuncs{}, linger.Options{})
		b := serveNode(t, cluster, "b", linger.HandlerFuncs{}, linger.Options{})
		c := serveNode(t, cluster, "c", linger.HandlerFuncs{}, linger.Options{})
		a.joined("room", "a1")
		_, a2 := a.joined("room", "a2")
		time.Sleep(time.Second)
		b.wantRoster("room", "a1@a a2@a") // without a subscriber
		b.record(events)
		_, watching := b.open()
		wantError(t, "it subscribes", watching.Subscribe("room"), nil)
		wantEvents(t, events) // the members were there before
		b.wantRoster("room", "a1@a a2@a")
		a2.Leave("room")
		clientC, _ := c.joined("room", "c1")
		wantEvents(t, events, "room: +c1@c -a2@a")
		for _, n := range []*node{a, b, c} {
			n.wantRoster("room", "a1@a c1@c")
		}
		wantError(t, "another value", a2.Join("room", "a3"), nil)
		clientC.leave()
		wantEvents(t, events, "room: +a3@a -c1@c")
		a.member.Leave()
		wantEvents(t, events, "room: + -a1@a a3@a")
		b.wantRoster("room", "")
		c.wantRoster("room", "")
	})
}

// Each subscriber gets what the functions of all nodes publish once.
func TestPresencePublish(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cluster := memcluster.New()
		a := serveNode(t, cluster, "a", linger.HandlerFuncs{}, linger.Options{})
		b := serveNode(t, cluster, "b", linger.HandlerFuncs{}, linger.Options{})
		var clients []*client
		for _, n := range []*node{a, b} {
			n.HandlePresence(func(p *linger.Presence) { _, _ = p.Publish(linger.Text("+" + rosterOf(t, p.Joined))) })
			client, s := n.open()
			wantError(t, "it subscribes", s.Subscribe("room"), nil)
			clients = append(clients, client)
		}
		time.Sleep(time.Second)
		_, s := a.open()
		wantError(t, "the connection joins", s.Join("room", "x"), nil)
		time.Sleep(time.Second)
		_, _ = a.Publish("room", linger.Text("end"))
		for _, c := range clients {
			c.want("text +x@a", "text end")
		}
	})
}

// After the loss of a change, also of the first or the last one, all nodes have the right members within the stated bound.
func TestServerPresenceLostRecords(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cluster := memcluster.New()
		lossy := &losing{Cluster: cluster.Join("a")}
		t.Cleanup(lossy.Cluster.(*memcluster.Node).Leave)
		accepted := make(chan *linger.Socket, 100)
		a := &node{accepted: accepted}
		opts := quiet
		opts.Cluster = lossy
		a.service = serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, accepted)}, opts)
		b := serveNode(t, cluster, "b", linger.HandlerFuncs{}, quiet)
		events := make(chan string, 100)
		b.record(events)
		b.joined("room", "b1")
		wantEvents(t, events, "room: +b1@b -")
		lossy.lose.Store(true)
		_, a1 := a.joined("room", "a1")
		time.Sleep(time.Second)
		lossy.lose.Store(false)
		b.wantRoster("room", "b1@b")
		time.Sleep(12 * time.Second)
		wantEvents(t, events, "room: +a1@a -")
		lossy.lose.Store(true)
		a1.Leave("room")
		time.Sleep(time.Second)
		lossy.lose.Store(false)
		time.Sleep(12 * time.Second)
		wantEvents(t, events, "room: + -a1@a")
		a.joined("room", "a2") // the number after the one that was lost
		wantEvents(t, events, "room: +a2@a -")
		lossy.lose.Store(true)
		time.Sleep(46 * time.Second) // no beacon comes
		wantEvents(t, events, "room: + -a2@a")
		lossy.lose.Store(false)
		time.Sleep(12 * time.Second)
		wantEvents(t, events, "room: +a2@a -")
	})
}

// losing is a Cluster that loses what is published while lose is set.
type losing struct {
	linger.Cluster
	lose atomic.Bool
}

func (l *losing) Publish(topic string, record []byte) error {
	if l.lose.Load() {
		return nil
	}
	return l.Cluster.Publish(topic, record)
}

// A node that shuts down while it stays in the cluster has no members any more, and leaves nothing running.
func TestServerPresenceShutdown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cluster := memcluster.New()
		a := serveNode(t, cluster, "a", linger.HandlerFuncs{}, linger.Options{})
		b := serveNode(t, cluster, "b", linger.HandlerFuncs{}, linger.Options{})
		events := make(chan string, 100)
		b.record(events)
		_, watching := b.open()
		wantError(t, "it subscribes", watching.Subscribe("room"), nil)
		b.wantRoster("room", "")
		client, _ := a.joined("room", "x")
		wantEvents(t, events, "room: +x@a -")
		go func() {
			client.want("close 1001 server shutting down")
			client.close(1001, "")
		}()
		wantError(t, "the server ends", a.Shutdown(t.Context()), nil)
		wantEvents(t, events, "room: + -x@a")
		if n, missing, err := b.CountAll(t.Context(), "room"); n != 1 || len(missing) != 1 || err != nil {
			t.Errorf("a server that has ended does not answer; got %d, %q, %v", n, missing, err)
		}
		if a.member.IsSubscribed("presence/room") {
			t.Error("a server that has ended follows no members")
		}
	})
}

// askedNode adds a node to a cluster that has no server, and notes the channels for whose members it is asked. It does not answer.
func askedNode(c *memcluster.Cluster, name string) (member *memcluster.Node, asked *atomic.Int64) {
	member, asked = c.Join(name), &atomic.Int64{}
	_, _ = member.Serve("presence", func(string, []byte, func([]byte)) { asked.Add(1) })
	return member, asked
}

// A node that has members of many channels asks a new node for its own a few at a time, and for all in the end.
func TestPresenceOfManyChannels(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := memcluster.New()
		a := serveNode(t, c, "a", linger.HandlerFuncs{}, linger.Options{})
		_, socket := a.open()
		const channels, atOnce = 500, 32
		for i := range channels {
			wantError(t, "the connection joins", socket.Join(fmt.Sprint("room ", i), nil), nil)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		before := runtime.NumGoroutine()
		b, asked := askedNode(c, "b")
		defer b.Leave()
		synctest.Wait()
		if more := runtime.NumGoroutine() - before; more > atOnce+10 {
			t.Errorf("%d goroutines ask a new node at most; got %d more", atOnce, more)
		}
		if n := asked.Load(); n != atOnce {
			t.Errorf("a new node is asked for %d channels at a time; got %d", atOnce, n)
		}
		time.Sleep(channels / atOnce * 2 * time.Second)
		synctest.Wait()
		if n := asked.Load(); n < channels {
			t.Errorf("a node that does not answer is asked for all of %d channels; got %d", channels, n)
		}
	})
}

// presenceRecord returns a record of a node on the topic of a channel, in which one member joins.
func presenceRecord(incarnation, sequence uint64, id string) []byte {
	b := wire.AppendUint(nil, 1, 1)
	b = wire.AppendUint(b, 2, incarnation)
	b = wire.AppendUint(b, 3, sequence)
	return wire.AppendRecord(b, 4, func(b []byte) []byte { return wire.AppendString(b, 1, id) })
}

// What is published by a node that is not in the cluster has no effect: otherwise one with many names could fill the memory of the others.
func TestPresenceOfForeignNode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := memcluster.New()
		a := serveNode(t, c, "a", linger.HandlerFuncs{}, linger.Options{})
		a.joined("room", "x")
		b, asked := askedNode(c, "b")
		defer b.Leave()
		c.Cut("a", "b") // so b is not in the cluster for a, and is heard all the same
		time.Sleep(5 * time.Second)
		before := asked.Load()
		for i := range uint64(2) { // the second record follows a lost one
			if err := b.Publish("presence/room", presenceRecord(7+i, 1+2*i, "m")); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Second)
		a.wantRoster("room", "x@a")
		if n := asked.Load() - before; n != 0 {
			t.Errorf("a node that is not in the cluster is not asked; it was %d times", n)
		}
	})
}
