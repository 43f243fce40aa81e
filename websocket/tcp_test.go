package websocket

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// serveEnds returns a service and the handler of the next connection.
func serveEnds(t testing.TB, secure bool, opts Options) (*service, *ends) {
	e := newEnds()
	return serve(t, secure, &AcceptOptions{Options: opts}, func() Handler { return e }), e
}

// RFC 6455, section 7.1.1: the server ends TCP first, and at once.
func TestTheServersFINComesFirst(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		t.Run("the client closes", func(t *testing.T) {
			s, e := serveEnds(t, secure, Options{})
			c := s.open(t, "")
			start := time.Now()
			c.send(t, closeFrame(4001, "bye"))
			c.wantFrame(t, `close 4001 "bye"`)
			c.wantEOF(t)
			wantSoon(t, start)
			e.want(t, `clean, received 4001 "bye", sent 4001 "bye", first remote, close`)
			_ = c.Close()
			wantDone(t, s.accepted(t))
		})
		t.Run("the server closes", func(t *testing.T) {
			s, e := serveEnds(t, secure, Options{})
			c := s.open(t, "")
			server := s.accepted(t)
			_ = server.Close(4001, "bye")
			c.wantFrame(t, `close 4001 "bye"`)
			start := time.Now()
			c.send(t, closeFrame(4001, "bye"))
			c.wantEOF(t)
			wantSoon(t, start)
			e.want(t, `clean, received 4001 "bye", sent 4001 "bye", first local, close`)
			_ = c.Close()
			wantDone(t, server)
		})
		t.Run("the client violates the protocol", func(t *testing.T) {
			s, e := serveEnds(t, secure, Options{})
			c := s.open(t, "")
			start := time.Now()
			c.send(t, violation())
			c.wantFrame(t, `close 1002 "unknown opcode"`)
			c.wantEOF(t)
			wantSoon(t, start)
			e.want(t, `not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`)
			_ = c.Close()
			wantDone(t, s.accepted(t))
		})
	})
}

// wantSoon fails if EOF waited for a timer: the shortest is 5 s here.
func wantSoon(t *testing.T, start time.Time) {
	t.Helper()
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("the server must end TCP at once, before the client has; it took %v", took)
	}
}

// A reset would destroy our Close frame on its way: RFC 6455, section 7.1.1.
func TestAPeerThatGoesOnWritingGetsNoReset(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		for name, c := range map[string]struct {
			input []byte
			want  string
		}{
			"after a violation":   {violation(), `close 1002 "unknown opcode"`},
			"after its own Close": {closeFrame(1000, ""), "close 1000"},
		} {
			t.Run(name, func(t *testing.T) {
				s, _ := serveEnds(t, secure, Options{})
				client := s.open(t, "")
				client.send(t, c.input)
				for range 4 << 20 >> 14 {
					client.send(t, make([]byte, 16<<10))
				}
				client.wantFrame(t, c.want)
				client.wantEOF(t)
				_ = client.Close()
				wantDone(t, s.accepted(t))
			})
		}
	})
}

const stuckBound = 200 * time.Millisecond

var stuckPeers = map[string]struct {
	opts Options
	act  func(t *testing.T, server *Driver, c *client)
	want string
}{
	"never answers our Close": {
		Options{CloseTimeout: stuckBound},
		func(_ *testing.T, server *Driver, _ *client) { _ = server.Close(1000, "") },
		"not clean, received 1006, sent 1000, first local, timeout",
	},
	"never reads": {
		Options{CloseTimeout: stuckBound},
		func(_ *testing.T, server *Driver, _ *client) {
			for range 8 {
				_, _ = server.Send(2, make([]byte, 1<<20))
			}
			_ = server.Close(1000, "")
		},
		"not clean, received 1006, sent 1000, first local, timeout",
	},
	"never reads, and has closed": {
		Options{CloseTimeout: stuckBound},
		func(t *testing.T, server *Driver, c *client) {
			for range 8 {
				_, _ = server.Send(2, make([]byte, 1<<20))
			}
			c.send(t, closeFrame(1000, ""))
		},
		"not clean, received 1000, sent 1000, first remote, timeout",
	},
	"never reads, and nobody closes": {
		Options{WriteTimeout: stuckBound, KeepAlive: -1},
		func(_ *testing.T, server *Driver, _ *client) {
			for range 8 {
				_, _ = server.Send(2, make([]byte, 1<<20))
			}
		},
		"not clean, received 1006, sent 1006, first neither, stalled",
	},
	"never ends TCP": {
		Options{LingerTimeout: stuckBound},
		func(t *testing.T, _ *Driver, c *client) { c.send(t, closeFrame(1000, "")) },
		"clean, received 1000, sent 1000, first remote, close",
	},
	"never ends TCP after a violation": {
		Options{LingerTimeout: stuckBound},
		func(t *testing.T, _ *Driver, c *client) { c.send(t, violation()) },
		`not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`,
	},
	"never pongs": {
		Options{KeepAlive: stuckBound / 3},
		func(*testing.T, *Driver, *client) {},
		"not clean, received 1006, sent 1006, first neither, keepalive",
	},
}

func TestAStuckPeerIsCutAtItsBound(t *testing.T) {
	for name, c := range stuckPeers {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, secure bool) {
				t.Parallel()
				s, e := serveEnds(t, secure, c.opts)
				client := s.open(t, "")
				_ = client.tcp.SetReadBuffer(16 << 10) // or the kernel reads in its place
				server := s.accepted(t)
				start := time.Now()
				c.act(t, server, client)
				wantDone(t, server)
				e.want(t, c.want)
				if took := time.Since(start); took < stuckBound*8/10 || took > stuckBound+4*time.Second {
					t.Errorf("the peer must be cut at its bound of %v; it took %v", stuckBound, took)
				}
			})
		})
	}
}

func TestHalfOpenOnTCP(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		s, e := serveEnds(t, secure, Options{HalfOpen: true})
		c := s.open(t, "")
		server := s.accepted(t)
		c.send(t, append(textFrame("question"), closeFrame(1000, "")...))
		c.wantFrame(t, `text "question"`)
		for range 3 {
			if _, err := server.Send(1, []byte("answer")); err != nil {
				t.Errorf("after the peer's Close our half stays open; got %v", err)
			}
			c.wantFrame(t, `text "answer"`)
		}
		_ = server.Close(4000, "")
		c.wantFrame(t, "close 4000")
		c.wantEOF(t)
		e.want(t, "clean, received 1000, sent 4000, first remote, close")
	})
}

func TestAResetIsToldWithItsError(t *testing.T) {
	s, e := serveEnds(t, false, Options{})
	c := s.open(t, "")
	server := s.accepted(t)
	_ = c.tcp.SetLinger(0)
	_ = c.Close()
	wantDone(t, server)
	var syscallErr *os.SyscallError
	if end := <-e.end; !errors.As(end.Err, &syscallErr) || end.Cause != "transport" {
		t.Errorf("a reset is a broken transport, with the error of the system; got %q, %v", end.Cause, end.Err)
	}
}

func TestLargeMessagesBothWays(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		s := serve(t, secure, nil, newEcho)
		c := s.open(t, "")
		for _, size := range []int{64 << 10, 1 << 20} {
			text := strings.Repeat("x", size)
			go func() { _, _ = c.Write(textFrame(text)) }()
			if f, err := readFrame(c.r); err != nil || string(f.payload) != text {
				t.Errorf("a message of %d bytes must come back whole; got %d bytes, %v", size, len(f.payload), err)
			}
		}
	})
}

func TestCloseNowResets(t *testing.T) {
	s, e := serveEnds(t, false, Options{})
	c := s.open(t, "")
	s.accepted(t).CloseNow()
	if _, err := io.ReadAll(c.r); err == nil || errors.Is(err, net.ErrClosed) {
		t.Errorf("CloseNow ends TCP with a reset; the peer got %v", err)
	}
	e.want(t, "not clean, received 1006, sent 1006, first neither, abort")
}
