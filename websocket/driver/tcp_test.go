package driver

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// serveEnds returns a service and the handler of the next connection. Timeouts of closing
// that are not set are longer than the tests wait.
func serveEnds(t testing.TB, secure bool, opts Options) (*service, *ends) {
	e := newEnds()
	return serve(t, secure, &AcceptOptions{Options: unbounded(opts)}, func() Handler { return e }), e
}

// The server ends TCP first, without waiting for a timeout (RFC 6455, section 7.1.1).
func TestDriverServerSendsFINFirst(t *testing.T) {
	wiretest.Each(t, func(t *testing.T, secure bool) {
		t.Run("the client closes", func(t *testing.T) {
			s, e := serveEnds(t, secure, Options{})
			c := s.Open(t, "")
			c.Send(t, wiretest.CloseFrame(4001, "bye"))
			c.WantFrame(t, `close 4001 "bye"`)
			c.WantEOF(t)
			e.want(t, `clean, received 4001 "bye", sent 4001 "bye", first remote, close`)
			_ = c.Close()
			wantDone(t, s.Accepted(t))
		})
		t.Run("the server closes", func(t *testing.T) {
			s, e := serveEnds(t, secure, Options{})
			c := s.Open(t, "")
			server := s.Accepted(t)
			_ = server.Close(4001, "bye")
			c.WantFrame(t, `close 4001 "bye"`)
			c.Send(t, wiretest.CloseFrame(4001, "bye"))
			c.WantEOF(t)
			e.want(t, `clean, received 4001 "bye", sent 4001 "bye", first local, close`)
			_ = c.Close()
			wantDone(t, server)
		})
		t.Run("the client violates the protocol", func(t *testing.T) {
			s, e := serveEnds(t, secure, Options{})
			c := s.Open(t, "")
			c.Send(t, wiretest.Violation())
			c.WantFrame(t, `close 1002 "unknown opcode"`)
			c.WantEOF(t)
			e.want(t, `not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`)
			_ = c.Close()
			wantDone(t, s.Accepted(t))
		})
	})
}

// A reset would destroy our Close frame on its way (RFC 6455, section 7.1.1).
func TestDriverPeerThatContinuesToWriteGetsNoReset(t *testing.T) {
	wiretest.Each(t, func(t *testing.T, secure bool) {
		for name, c := range map[string]struct {
			input []byte
			want  string
		}{
			"after a violation":   {wiretest.Violation(), `close 1002 "unknown opcode"`},
			"after its own Close": {wiretest.CloseFrame(1000, ""), "close 1000"},
		} {
			t.Run(name, func(t *testing.T) {
				s, _ := serveEnds(t, secure, Options{})
				client := s.Open(t, "")
				client.Send(t, c.input)
				for range 4 << 20 >> 14 {
					client.Send(t, make([]byte, 16<<10))
				}
				client.WantFrame(t, c.want)
				client.WantEOF(t)
				_ = client.Close()
				wantDone(t, s.Accepted(t))
			})
		}
	})
}

// stuckBound is the timeout under test.
const stuckBound = 200 * time.Millisecond

var stuckPeers = map[string]struct {
	opts Options
	act  func(t *testing.T, server *Driver, c *wiretest.Client)
	want string
}{
	"never answers our Close": {
		Options{CloseTimeout: stuckBound},
		func(_ *testing.T, server *Driver, _ *wiretest.Client) { _ = server.Close(1000, "") },
		"not clean, received 1006, sent 1000, first local, timeout",
	},
	"never reads": {
		Options{CloseTimeout: stuckBound},
		func(_ *testing.T, server *Driver, _ *wiretest.Client) {
			for range 8 {
				_, _ = server.Send(2, make([]byte, 1<<20))
			}
			_ = server.Close(1000, "")
		},
		"not clean, received 1006, sent 1000, first local, timeout",
	},
	"never reads, and has closed": {
		Options{CloseTimeout: stuckBound},
		func(t *testing.T, server *Driver, c *wiretest.Client) {
			for range 8 {
				_, _ = server.Send(2, make([]byte, 1<<20))
			}
			c.Send(t, wiretest.CloseFrame(1000, ""))
		},
		"not clean, received 1000, sent 1000, first remote, timeout",
	},
	"never reads an open connection": {
		Options{WriteTimeout: stuckBound, KeepAlive: -1},
		func(_ *testing.T, server *Driver, _ *wiretest.Client) {
			for range 8 {
				_, _ = server.Send(2, make([]byte, 1<<20))
			}
		},
		"not clean, received 1006, sent 1006, first neither, stalled",
	},
	"never ends TCP": {
		Options{LingerTimeout: stuckBound},
		func(t *testing.T, _ *Driver, c *wiretest.Client) { c.Send(t, wiretest.CloseFrame(1000, "")) },
		"clean, received 1000, sent 1000, first remote, close",
	},
	"never ends TCP after a violation": {
		Options{LingerTimeout: stuckBound},
		func(t *testing.T, _ *Driver, c *wiretest.Client) { c.Send(t, wiretest.Violation()) },
		`not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`,
	},
	"never pongs": {
		Options{KeepAlive: stuckBound / 3},
		func(*testing.T, *Driver, *wiretest.Client) {},
		"not clean, received 1006, sent 1006, first neither, keepalive",
	},
}

func TestDriverTimeoutsOnTCP(t *testing.T) {
	t.Parallel()
	for name, c := range stuckPeers {
		t.Run(name, func(t *testing.T) {
			wiretest.Each(t, func(t *testing.T, secure bool) {
				t.Parallel()
				s, e := serveEnds(t, secure, c.opts)
				client := s.Open(t, "")
				_ = client.TCP.SetReadBuffer(16 << 10) // so that the kernel does not buffer much
				server := s.Accepted(t)
				start := time.Now()
				c.act(t, server, client)
				wantDone(t, server)
				e.want(t, c.want)
				if took := time.Since(start); took < stuckBound*8/10 {
					t.Errorf("the connection must not be closed before its timeout of %v; it took %v", stuckBound, took)
				}
			})
		})
	}
}

func TestDriverHalfOpenOnTCP(t *testing.T) {
	wiretest.Each(t, func(t *testing.T, secure bool) {
		s, e := serveEnds(t, secure, Options{HalfOpen: true})
		c := s.Open(t, "")
		server := s.Accepted(t)
		c.Send(t, append(wiretest.TextFrame("question"), wiretest.CloseFrame(1000, "")...))
		c.WantFrame(t, `text "question"`)
		for range 3 {
			if _, err := server.Send(1, []byte("answer")); err != nil {
				t.Errorf("our half must stay open after the peer's Close; got %v", err)
			}
			c.WantFrame(t, `text "answer"`)
		}
		_ = server.Close(4000, "")
		c.WantFrame(t, "close 4000")
		c.WantEOF(t)
		e.want(t, "clean, received 1000, sent 4000, first remote, close")
	})
}

func TestDriverOutcomeOfReset(t *testing.T) {
	s, e := serveEnds(t, false, Options{})
	c := s.Open(t, "")
	server := s.Accepted(t)
	_ = c.TCP.SetLinger(0)
	_ = c.Close()
	wantDone(t, server)
	var syscallErr *os.SyscallError
	if end := <-e.end; !errors.As(end.Err, &syscallErr) || end.Cause != "transport" {
		t.Errorf("the cause of a reset must be transport, with the error of the system; got %q, %v", end.Cause, end.Err)
	}
}

func TestDriverSendLargeMessages(t *testing.T) {
	wiretest.Each(t, func(t *testing.T, secure bool) {
		s := serve(t, secure, nil, newEcho)
		c := s.Open(t, "")
		for _, size := range []int{64 << 10, 1 << 20} {
			text := strings.Repeat("x", size)
			go func() { _, _ = c.Write(wiretest.TextFrame(text)) }()
			if f, err := wiretest.ReadFrame(c.R); err != nil || string(f.Payload) != text {
				t.Errorf("a message of %d bytes must come back unchanged; got %d bytes, %v", size, len(f.Payload), err)
			}
		}
	})
}

func TestDriverCloseNowResets(t *testing.T) {
	s, e := serveEnds(t, false, Options{})
	c := s.Open(t, "")
	s.Accepted(t).CloseNow()
	if _, err := io.ReadAll(c.R); err == nil || errors.Is(err, net.ErrClosed) {
		t.Errorf("CloseNow must reset TCP; the peer got %v", err)
	}
	e.want(t, "not clean, received 1006, sent 1006, first neither, abort")
}
