package linger_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// decided are the ways for the server to end a connection without a call of the application.
var decided = map[protocol.Cause]struct {
	opts linger.Options
	app  linger.HandlerFuncs
	act  func(t *testing.T, s *service, c *client)
	sent protocol.CloseCode
}{
	linger.CauseIdle: {
		opts: linger.Options{IdleTimeout: time.Second},
		sent: protocol.CloseGoingAway,
	},
	linger.CauseLifetime: {
		opts: linger.Options{MaxLifetime: time.Second},
		sent: protocol.CloseServiceRestart,
	},
	linger.CausePanic: {
		app:  linger.HandlerFuncs{OnMessage: func(*linger.Message) { panic("on purpose") }},
		act:  func(_ *testing.T, _ *service, c *client) { c.text("hello") },
		sent: protocol.CloseInternalError,
	},
	linger.CauseShutdown: {
		act:  func(t *testing.T, s *service, _ *client) { go func() { _ = s.Shutdown(t.Context()) }() },
		sent: protocol.CloseGoingAway,
	},
	linger.CauseSlow: {
		opts: linger.Options{SendQueue: 100},
		act: func(_ *testing.T, s *service, c *client) {
			c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(10)
			for socket := range s.Sockets("") {
				for socket.Send(linger.Text(text(100))) == nil {
				}
			}
			c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(1 << 20)
		},
		sent: protocol.CloseTryAgainLater,
	},
}

func TestCloseCauseNamesTheServersDecision(t *testing.T) {
	for cause, d := range decided {
		t.Run(string(cause)+", and the peer answers", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, d.app, d.opts)
				c := s.connect()
				synctest.Wait()
				if d.act != nil {
					d.act(t, s, c)
				}
				c.obey()
				end := s.end()
				if end.Cause != cause || end.First != protocol.Local || end.Sent.Code != d.sent || !end.Clean {
					t.Errorf("a connection that the server closes with %d ends clean with cause %q; got %+v", d.sent, cause, end.Outcome)
				}
			})
		})
		t.Run(string(cause)+", and the peer resets the connection", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, d.app, d.opts)
				c := s.connect()
				synctest.Wait()
				if d.act != nil {
					d.act(t, s, c)
				}
				time.Sleep(1200 * time.Millisecond) // the longest bound, and its jitter
				c.nc.(interface{ Reset() }).Reset()
				if end := s.end(); end.Cause != cause || end.Clean {
					t.Errorf("it ends not clean, with the same cause; got %+v", end.Outcome)
				}
			})
		})
	}
}

func TestCloseCauseStaysThePeersOwnDoing(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(c *client)
		want protocol.Cause
	}{
		"the peer closed first": {func(c *client) { c.close(4001, "bye") }, protocol.CauseClose},
		"the peer broke a rule": {func(c *client) { c.write([]byte{0x83, 0x80, 0, 0, 0, 0}) }, protocol.CauseViolation},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				slow := linger.HandlerFuncs{OnMessage: func(*linger.Message) { time.Sleep(time.Second) }}
				s := serve(t, slow, linger.Options{Options: websocket.Options{CloseTimeout: 5 * time.Second}})
				peer := s.connect()
				peer.text("hello")
				synctest.Wait()
				c.act(peer)
				synctest.Wait()
				wantShutdown(t, s, nil, 0, 10*time.Second) // its Close comes too late
				if end := s.end(); end.Cause != c.want {
					t.Errorf("a shutdown is not the cause; got %+v", end.Outcome)
				}
			})
		})
	}
}

func TestCloseCauseOfAnApplicationsCloseIsClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) { _ = m.Socket.Close(4002, "enough") }}, linger.Options{})
		c := s.connect()
		c.text("hello")
		c.want("close 4002 enough")
		go func() { _ = s.Shutdown(t.Context()) }()
		synctest.Wait()
		c.close(4002, "")
		if end := s.end(); end.Cause != protocol.CauseClose || end.Sent.Code != 4002 {
			t.Errorf("the application closed before the shutdown began; got %+v", end.Outcome)
		}
	})
}
