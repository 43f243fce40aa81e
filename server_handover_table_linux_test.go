package linger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// scene is a connection in a situation: a server, a client, and the socket of the server.
type scene struct {
	*service
	c      *client
	socket *linger.Socket
	opts   linger.Options
	app    linger.HandlerFuncs
}

// situation is a state of a connection in which its process is replaced.
type situation struct {
	name   string
	app    linger.HandlerFuncs // without OnUpgrade; nil OnMessage means echo
	accept linger.AcceptOptions
	opts   linger.Options
	before func(*scene)
	after  func(*scene)
}

// start serves the application of a situation.
func (x situation) start(t *testing.T) *scene {
	t.Helper()
	sockets := make(chan *linger.Socket, 1)
	if x.app.OnMessage == nil {
		x.app.OnMessage = echo
	}
	x.app.OnUpgrade = accept(x.accept, sockets)
	s := &scene{service: serveTCP(t, x.app, x.opts), opts: x.opts, app: x.app}
	s.c = s.connect()
	s.socket = <-sockets
	s.c.text("ready") // what is sent before the server knows of the 101 has other bounds
	s.c.want("text ready")
	return s
}

// replace moves the connection to another server.
func (s *scene) replace() {
	s.t.Helper()
	next := serveTCP(s.t, s.app, s.opts)
	handOver(s.t, s.service, next)
	s.service = next
	if s.socket != nil {
		s.socket = next.Socket(s.socket.ID()) // nil if it has ended, as those with timers do on a slow machine
	}
}

var errTake = errors.New("the storage is broken")

// fail hands the connection over to a process that fails at the last moment.
func (s *scene) fail() {
	s.t.Helper()
	next := serveTCP(s.t, s.app, s.opts)
	ours, theirs := newLink(s.t)
	received := make(chan error, 1)
	go func() {
		received <- next.Receive(context.Background(), theirs, linger.ReceiveOptions{Take: func(context.Context) error { return errTake }})
	}()
	report, err := s.Handover(context.Background(), ours, linger.HandoverOptions{})
	if err == nil || report.Committed || !strings.Contains(err.Error(), errTake.Error()) {
		s.t.Fatalf("the hand-over fails with the reason of the new process; got %+v and %v", report, err)
	}
	if err := <-received; !errors.Is(err, errTake) {
		s.t.Errorf("Receive returns why it has failed; got %v", err)
	}
}

// situations are states of a connection, and what follows.
var situations = []situation{
	{
		name:   "nothing is under way",
		before: func(*scene) {},
		after: func(s *scene) {
			if s.socket == nil {
				s.t.Error("the connection has its id in the new server; it is not found")
			}
			s.c.text("hello")
			s.c.want("text hello")
		},
	},
	{
		name: "a part of a header has arrived",
		before: func(s *scene) {
			s.c.text("a")
			s.c.want("text a")
			s.c.write(frame(protocol.Text, []byte("hello"))[:1])
		},
		after: func(s *scene) { s.c.write(frame(protocol.Text, []byte("hello"))[1:]); s.c.want("text hello") },
	},
	{
		name: "a part of a frame has arrived",
		before: func(s *scene) {
			s.c.write(append(frame(protocol.Text, []byte("a")), frame(protocol.Text, []byte("hello"))[:8]...))
			s.c.want("text a")
		},
		after: func(s *scene) { s.c.write(frame(protocol.Text, []byte("hello"))[8:]); s.c.want("text hello") },
	},
	{
		name:   "a fragment has arrived",
		before: func(s *scene) { s.c.write(fragment(protocol.Text, "hel", false)); s.c.ping("p"); s.c.want("pong p") },
		after:  func(s *scene) { s.c.write(fragment(protocol.Continuation, "lo", true)); s.c.want("text hello") },
	},
	{
		name: "the peer does not read",
		opts: linger.Options{SendQueue: 64 << 20},
		before: func(s *scene) {
			for i := range 200 {
				if err := s.socket.Send(linger.Text(fmt.Sprint(i, text(64<<10)))); err != nil {
					s.t.Fatal(err)
				}
			}
			if s.socket.Buffered() == 0 {
				s.t.Fatal("some of 13 MB waits; nothing does")
			}
		},
		after: func(s *scene) {
			_ = s.socket.Send(linger.Text("last"))
			for i := range 200 {
				s.c.want("text " + fmt.Sprint(i, text(64<<10)))
			}
			s.c.want("text last")
		},
	},
	{
		name: "the peer reads too slowly and is being closed",
		opts: linger.Options{SendQueue: 1 << 20},
		before: func(s *scene) {
			for range 1000 {
				if s.socket.Send(linger.Text(text(64<<10))) != nil {
					return
				}
			}
			s.t.Fatal("the queue is full by now; it is not")
		},
		after: func(s *scene) {
			for got := s.c.next(); !strings.HasPrefix(got, "close"); got = s.c.next() {
				if !strings.HasPrefix(got, "text xxx") {
					s.t.Fatalf("what was queued comes before the Close; got %.40q", got)
				}
			}
			s.c.close(protocol.CloseTryAgainLater, "")
			s.c.want("EOF")
			if end := s.end(); end.Cause != linger.CauseSlow || end.Sent.Code != protocol.CloseTryAgainLater {
				s.t.Errorf("the cause has moved; got %+v", end.Outcome)
			}
		},
	},
	{
		name: "the server has closed",
		before: func(s *scene) {
			_ = s.socket.Close(4000, "enough")
			s.c.want("close 4000 enough")
		},
		after: func(s *scene) {
			if got := s.socket.State(); got != protocol.StateClosing {
				s.t.Errorf("the connection is closing; it is %v", got)
			}
			wantError(s.t, "nothing can be sent", s.socket.Send(linger.Text("late")), linger.ErrClosed)
			s.c.close(4000, "")
			s.c.want("EOF")
			if end := s.end(); !end.Clean || end.Sent.Code != 4000 || end.First != protocol.Local {
				s.t.Errorf("the closing handshake is complete; got %+v", end.Outcome)
			}
		},
	},
	{
		name: "the server has closed and the peer does not answer",
		opts: withCloseTimeout(time.Second),
		before: func(s *scene) {
			_ = s.socket.Close(4000, "enough")
			s.c.want("close 4000 enough")
		},
		after: func(s *scene) {
			if end := s.end(); end.Clean || end.Sent.Code != 4000 {
				s.t.Errorf("the closing handshake was not complete in time; got %+v", end.Outcome)
			}
		},
	},
	{
		name:   "the peer has closed its half",
		accept: linger.AcceptOptions{HalfOpen: true},
		app:    linger.HandlerFuncs{OnPeerClose: func(p *linger.PeerClose) { _ = p.Socket.Send(linger.Text("not yet")) }},
		before: func(s *scene) { s.c.close(4001, "done"); s.c.want("text not yet") },
		after: func(s *scene) {
			if !s.socket.IsHalfOpen() {
				s.t.Error("the connection is half-open; it is not")
			}
			_ = s.socket.Send(linger.Text("the rest"))
			s.socket.AnswerClose()
			s.c.want("text the rest", "close 4001 done", "EOF")
			if end := s.end(); !end.Clean || end.Received.Code != 4001 || end.First != protocol.Remote {
				s.t.Errorf("the closing handshake is complete; got %+v", end.Outcome)
			}
		},
	},
	{
		name:   "subscriptions and data",
		accept: linger.AcceptOptions{Channels: []string{"a", "b"}, Data: "saved"},
		before: func(s *scene) {
			s.socket.Unsubscribe("b")
			_ = s.socket.Subscribe("c")
			_ = s.socket.SetData([]int{1, 2})
		},
		after: func(s *scene) {
			for channel, n := range map[string]int{"a": 1, "b": 0, "c": 1} {
				if got := s.Subscribers(channel); got != n {
					s.t.Errorf("channel %s has %d subscribers; got %d", channel, n, got)
				}
			}
			if data, err := linger.Data[[]int](s.socket); err != nil || fmt.Sprint(data) != "[1 2]" {
				s.t.Errorf("the data is [1 2]; got %v, %v", data, err)
			}
			s.socket.Unsubscribe("a")
			if n := s.Subscribers("a"); n != 0 {
				s.t.Errorf("a subscription that has moved can end; %d are left", n)
			}
		},
	},
	{
		name:   "keep-alive",
		opts:   withKeepAlive(100 * time.Millisecond),
		before: func(s *scene) { s.c.want("ping") },
		after: func(s *scene) {
			for s.c.next() == "ping" { // until the peer is taken for dead
			}
			if end := s.end(); end.Cause != "keepalive" {
				s.t.Errorf("the cause is keepalive; got %+v", end.Outcome)
			}
		},
	},
	{
		name:   "a lifetime",
		opts:   linger.Options{MaxLifetime: 2 * time.Second},
		before: func(*scene) {},
		after: func(s *scene) {
			s.c.want("close 1012 maximum lifetime")
			s.c.leave()
			if end := s.end(); end.Cause != linger.CauseLifetime {
				s.t.Errorf("the cause is lifetime; got %+v", end.Outcome)
			}
		},
	},
}

func withCloseTimeout(d time.Duration) (o linger.Options) { o.CloseTimeout = d; return o }
func withKeepAlive(d time.Duration) (o linger.Options)    { o.KeepAlive = d; return o }

// fragment is a frame of a fragmented message, as a client sends it.
func fragment(op protocol.Opcode, payload string, fin bool) []byte {
	b := frame(op, []byte(payload))
	if !fin {
		b[0] &^= 0x80
	}
	return b
}

// TestHandoverSituations replaces the process of a connection in each situation, replaces it twice, and lets a new process fail.
func TestHandoverSituations(t *testing.T) {
	for _, x := range situations {
		for what, do := range map[string]func(*scene){
			"moves":       (*scene).replace,
			"moves twice": func(s *scene) { s.replace(); s.replace() },
			"fails":       (*scene).fail,
		} {
			t.Run(x.name+"/"+what, func(t *testing.T) {
				t.Parallel()
				s := x.start(t)
				x.before(s)
				do(s)
				x.after(s)
			})
		}
	}
}
