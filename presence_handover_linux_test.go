package linger_test

import (
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
)

// A connection that moves to another process stays a member on all nodes, and does not leave for any.
func TestHandoverPresence(t *testing.T) {
	cluster := memcluster.New()
	observer := cluster.Join("b")
	t.Cleanup(observer.Leave)
	old, next := cluster.Join("a"), cluster.Join("a2")
	t.Cleanup(old.Leave)
	t.Cleanup(next.Leave)
	accepted := make(chan *linger.Socket, 10)
	app := linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, accepted), OnMessage: echo}
	from := serveTCP(t, app, linger.Options{Cluster: old})
	to := serveTCP(t, app, linger.Options{Cluster: next})
	b := serveTCP(t, app, linger.Options{Cluster: observer})
	changes := make(chan *linger.Presence, 10)
	b.HandlePresence(func(p *linger.Presence) { changes <- p })
	b.opened()
	wantError(t, "the observer subscribes", (<-accepted).Subscribe("room"), nil)
	if got := roster(t, b.Server, "room"); got != "" {
		t.Errorf("there is no member at first; got %q", got)
	}
	client := from.opened()
	moving := <-accepted
	wantError(t, "the connection joins", moving.Join("room", "x"), nil)
	if p := <-changes; len(p.Joined) != 1 || p.Joined[0].ID != moving.ID() {
		t.Fatalf("the connection has joined; got %+v", p)
	}
	h := startHandover(t, from, to, linger.HandoverOptions{}, linger.ReceiveOptions{})
	h.end()
	old.Leave() // the process has ended
	if got := roster(t, to.Server, "room"); got != "x@a2" {
		t.Errorf("the connection is a member in the new process; the members are %q", got)
	}
	waitFor(t, "the other node knows the member of the new process", func() bool { return roster(t, b.Server, "room") == "x@a2" })
	select {
	case p := <-changes:
		t.Errorf("a connection that moves neither joins nor leaves; got %+v", p)
	case <-time.After(2500 * time.Millisecond): // longer than the members of a process that has ended stay
	}
	client.text("works")
	client.want("text works")
	to.Socket(moving.ID()).Leave("room")
	if p := <-changes; len(p.Left) != 1 || p.Left[0].ID != moving.ID() {
		t.Errorf("the connection has left; got %+v", p)
	}
}
