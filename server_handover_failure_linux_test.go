package linger_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// If the new process ends, hangs or fails in any phase before it has taken over, the old one goes on with all connections.
func TestHandoverNewProcessFails(t *testing.T) {
	ends := func(link *net.UnixConn, o *linger.ReceiveOptions) { _ = link.Close() }
	for what, x := range map[string]struct {
		give linger.HandoverOptions
		take func(link *net.UnixConn, o *linger.ReceiveOptions) // sets what fails
		want string
	}{
		"ends at once": {take: ends, want: "exited"},
		"does not say that it is ready": {
			give: linger.HandoverOptions{Timeout: 100 * time.Millisecond},
			take: func(link *net.UnixConn, _ *linger.ReceiveOptions) {
				time.AfterFunc(time.Minute, func() { _ = link.Close() })
			},
			want: "timeout",
		},
		"ends when half of the state has come": {
			take: func(link *net.UnixConn, o *linger.ReceiveOptions) {
				o.State = func([]byte) error { return errors.Join(link.Close(), errTake) }
			},
			want: "",
		},
		"fails when it takes the state of the application": {
			take: func(_ *net.UnixConn, o *linger.ReceiveOptions) { o.State = func([]byte) error { return errTake } },
			want: errTake.Error(),
		},
		"fails when it opens the storage": {
			take: func(_ *net.UnixConn, o *linger.ReceiveOptions) {
				o.Take = func(context.Context) error { return errTake }
			},
			want: errTake.Error(),
		},
		"ends when it opens the storage": {
			take: func(link *net.UnixConn, o *linger.ReceiveOptions) {
				o.Take = func(context.Context) error { return link.Close() }
			},
			want: "",
		},
		"cannot be waited for by the old process": {
			give: linger.HandoverOptions{Yield: func(context.Context) error { return errTake }},
			take: func(*net.UnixConn, *linger.ReceiveOptions) {},
			want: errTake.Error(),
		},
	} {
		t.Run(what, func(t *testing.T) {
			sockets := make(chan *linger.Socket, 10)
			app := linger.HandlerFuncs{OnMessage: echo, OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"lobby"}}, sockets)}
			from, to := serveTCP(t, app, linger.Options{}), serveTCP(t, app, linger.Options{})
			clients := []*client{from.connect(), from.connect(), from.connect()}
			ours, theirs := newLink(t)
			take := linger.ReceiveOptions{}
			x.take(theirs, &take)
			received := make(chan error, 1)
			if x.want != "timeout" {
				go func() { received <- to.Receive(t.Context(), theirs, take) }()
			}
			resumed := 0
			x.give.State = func() ([]byte, error) { return []byte("state"), nil }
			x.give.Resume = func() { resumed++ }
			paused := false
			x.give.Pause = func() { paused = true }
			report, err := from.Handover(t.Context(), ours, x.give)
			if err == nil || report.Committed || !strings.Contains(err.Error(), x.want) {
				t.Errorf("Handover fails with %q; got %+v and %v", x.want, report, err)
			}
			if (resumed == 1) != paused {
				t.Errorf("Resume is called once if Pause was; Pause %t, Resume %d times", paused, resumed)
			}
			if x.want != "timeout" {
				if err := <-received; err == nil {
					t.Error("Receive fails too; it does not")
				}
			}
			if to.Count() != 0 {
				t.Errorf("the new server has no connection; it has %d", to.Count())
			}
			if n, err := from.Publish("lobby", linger.Text("all")); n != len(clients) || err != nil {
				t.Errorf("all connections are subscribed; got %d, %v", n, err)
			}
			for _, c := range clients {
				c.want("text all")
				c.text("hello")
				c.want("text hello")
				c.leave()
			}
			next := serveTCP(t, app, linger.Options{})
			c := from.connect()
			handOver(t, from, next) // another attempt
			c.text("again")
			c.want("text again")
		})
	}
}

// If the new process ends when it has the state of a part of the connections, all of them go on in the old one.
func TestHandoverNewProcessEndsHalfway(t *testing.T) {
	const many = 100
	ours, theirs := newLink(t)
	imported := 0
	app := &mover{
		HandlerFuncs: linger.HandlerFuncs{OnMessage: echo},
		export:       func(*linger.Socket) ([]byte, error) { return []byte("state"), nil },
		imp: func(*linger.Socket, []byte) error {
			if imported++; imported == many/2 {
				return errors.Join(theirs.Close(), errTake)
			}
			return nil
		},
		moved: make(chan *linger.Socket, many),
	}
	from, to := serveTCPHandler(t, app, linger.Options{}), serveTCPHandler(t, app, linger.Options{})
	clients := make([]*client, many)
	for i := range clients {
		clients[i] = from.connect()
	}
	received := make(chan error, 1)
	go func() { received <- to.Receive(t.Context(), theirs, linger.ReceiveOptions{}) }()
	if report, err := from.Handover(t.Context(), ours, linger.HandoverOptions{}); err == nil || report.Committed {
		t.Fatalf("the hand-over fails; got %+v", report)
	}
	if err := <-received; err == nil || imported != many/2 || from.Count() != many || len(app.moved) != 0 {
		t.Errorf("half of %d connections had come, and none has moved; got %d, %d are in the old process, and %d have moved", many, imported, from.Count(), len(app.moved))
	}
	for _, c := range clients {
		c.text("hello")
		c.want("text hello")
	}
}

// What is done to a connection between its freeze and the end of the round is not lost, in order, whoever has the connection then.
func TestHandoverOperationsMeanwhile(t *testing.T) {
	for what, fails := range map[string]bool{"the connection moves": false, "the hand-over fails": true} {
		t.Run(what, func(t *testing.T) {
			sockets := make(chan *linger.Socket, 10)
			app := linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"a"}}, sockets)}
			from, to := serveTCP(t, app, linger.Options{}), serveTCP(t, app, linger.Options{})
			c := from.connect()
			s := <-sockets
			ours, theirs := newLink(t)
			done := make(chan error, 1)
			meanwhile := func(context.Context) error { // everything is frozen
				_ = s.Send(linger.Text("1"))
				_, _ = from.Publish("a", linger.Text("2"))
				_ = s.Subscribe("b")
				s.Unsubscribe("a")
				_, _ = from.Publish("a", linger.Text("not for it"))
				_, _ = from.Publish("b", linger.Binary([]byte("3")))
				_ = s.SetData("set")
				wantError(t, "text is checked", s.Send(linger.Text("\xff")), protocol.ErrText)
				if fails {
					return errTake
				}
				return nil
			}
			go func() {
				_, err := from.Handover(t.Context(), ours, linger.HandoverOptions{Yield: meanwhile})
				done <- err
			}()
			bye := make(chan error, 1)
			err := to.Receive(t.Context(), theirs, linger.ReceiveOptions{Ended: func(err error) { bye <- err }})
			if (err != nil) != fails {
				t.Fatalf("the hand-over fails: %t; got %v", fails, err)
			}
			if err := <-done; (err != nil) != fails {
				t.Fatalf("the hand-over fails: %t; got %v", fails, err)
			}
			owner := from
			if !fails {
				if err := <-bye; err != nil {
					t.Errorf("the old process says good-bye; got %v", err)
				}
				owner = to
			}
			now := owner.Socket(s.ID())
			_ = now.Send(linger.Text("4"))
			c.want("text 1", "text 2", "binary 3", "text 4")
			if data, _ := linger.Data[string](now); data != "set" || owner.Subscribers("a") != 0 || owner.Subscribers("b") != 1 {
				t.Errorf("the data and the subscriptions are as they were set; got %q, %v", data, now.Channels())
			}
			_ = now.Close(4000, "end")
			c.want("close 4000 end")
			c.close(4000, "")
			c.want("EOF")
		})
	}
}

// mover is an application with state of its own about each connection.
type mover struct {
	linger.HandlerFuncs
	export func(*linger.Socket) ([]byte, error)
	imp    func(*linger.Socket, []byte) error
	moved  chan *linger.Socket
}

func (m *mover) Export(s *linger.Socket) ([]byte, error)     { return m.export(s) }
func (m *mover) Import(s *linger.Socket, state []byte) error { return m.imp(s, state) }
func (m *mover) Moved(s *linger.Socket)                      { m.moved <- s }

// The state that a handler keeps elsewhere moves with its connection, and connections that it does not let move are closed with 1012.
func TestHandoverMover(t *testing.T) {
	sockets, closed := make(chan *linger.Socket, 2), make(chan *linger.Close, 2)
	ties := errors.New("tied to the process")
	app := &mover{
		HandlerFuncs: linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				s, _ := u.Accept(linger.AcceptOptions{Data: u.Request.Header.Get("X-Tied")})
				sockets <- s
			},
			OnMessage: echo,
			OnClose:   func(c *linger.Close) { closed <- c },
		},
		moved: make(chan *linger.Socket, 2),
		export: func(s *linger.Socket) ([]byte, error) {
			if tied, _ := linger.Data[string](s); tied != "" {
				return nil, ties
			}
			return []byte("of " + s.ID()), nil
		},
	}
	imported := map[string]string{}
	next := &mover{
		HandlerFuncs: linger.HandlerFuncs{OnMessage: func(m *linger.Message) { _ = m.Socket.Send(linger.Text(imported[m.Socket.ID()])) }},
		imp:          func(s *linger.Socket, state []byte) error { imported[s.ID()] = string(state); return nil },
	}
	from, to := serveTCPHandler(t, app, linger.Options{}), serveTCPHandler(t, next, linger.Options{})
	free, tied := from.opened(), from.opened("X-Tied: yes")
	s := <-sockets
	<-sockets
	if m := from.Movable(); m.Move != 1 || m.Close[ties.Error()] != 1 {
		t.Errorf("one would move, and one be closed; got %+v", m)
	}
	h := startHandover(t, from, to, linger.HandoverOptions{}, linger.ReceiveOptions{})
	tied.want("close 1012 service restart")
	tied.close(protocol.CloseServiceRestart, "")
	tied.want("EOF")
	if end := <-closed; end.Cause != linger.CauseHandover {
		t.Errorf("the cause is handover; got %+v", end.Outcome)
	}
	report := h.end()
	if report.Moved != 1 || report.Stayed[ties.Error()] != 1 {
		t.Errorf("one has moved; got %+v", report)
	}
	if got := <-app.moved; got != s {
		t.Errorf("Moved is called for %s; got %s", s.ID(), got.ID())
	}
	free.text("state?")
	free.want("text of " + s.ID())
}

// A hand-over excludes others and drains, and a shutdown ends it.
func TestHandoverExcludes(t *testing.T) {
	from, to := serveTCP(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{}), serveTCP(t, linger.HandlerFuncs{}, linger.Options{})
	c := from.connect()
	ours, theirs := newLink(t)
	done := make(chan error, 1)
	settling := make(chan struct{})
	go func() {
		_, err := from.Handover(t.Context(), ours, linger.HandoverOptions{Settle: func(ctx context.Context) error {
			close(settling)
			<-ctx.Done()
			return context.Cause(ctx)
		}})
		done <- err
	}()
	go func() { _ = to.Receive(t.Context(), theirs, linger.ReceiveOptions{}) }()
	<-settling
	second, _ := newLink(t)
	_, err := from.Handover(t.Context(), second, linger.HandoverOptions{})
	wantError(t, "one hand-over at a time", err, linger.ErrHandingOver)
	wantError(t, "no drain during a hand-over", from.Drain(t.Context(), linger.DrainOptions{}), linger.ErrHandingOver)
	if err := from.Reload(t.Context(), linger.HandlerFuncs{}); err != nil {
		t.Errorf("a reload goes on; got %v", err)
	}
	shut := make(chan error, 1)
	go func() { shut <- from.Shutdown(t.Context()) }()
	if err := <-done; err == nil {
		t.Error("a shutdown ends the hand-over; it was complete")
	}
	c.want("close 1001 server shutting down")
	c.close(protocol.CloseGoingAway, "")
	if err := <-shut; err != nil {
		t.Errorf("the shutdown is complete; got %v", err)
	}
	third, _ := newLink(t)
	if _, err := from.Handover(t.Context(), third, linger.HandoverOptions{}); err == nil {
		t.Error("nothing is handed over after a shutdown")
	}
}
