package websocket

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// The peer never answers our Close, so Close takes 5 s without a deadline.
func TestStreamCloseDeadline(t *testing.T) {
	const timeout = 5 * time.Second
	in := func(d time.Duration) time.Time { return time.Now().Add(d) }
	for name, c := range map[string]struct {
		before func(s *Stream)
		during func(s *Stream) // called a second after Close
		took   time.Duration
	}{
		"none":                            {nil, nil, timeout},
		"a read deadline":                 {func(s *Stream) { _ = s.SetReadDeadline(in(0)) }, nil, timeout},
		"a removed deadline":              {func(s *Stream) { _ = s.SetDeadline(in(0)); _ = s.SetDeadline(time.Time{}) }, nil, timeout},
		"a past write deadline":           {func(s *Stream) { _ = s.SetWriteDeadline(in(-time.Hour)) }, nil, 0},
		"a past deadline":                 {func(s *Stream) { _ = s.SetDeadline(in(-time.Hour)) }, nil, 0},
		"a future deadline":               {func(s *Stream) { _ = s.SetDeadline(in(2 * time.Second)) }, nil, 2 * time.Second},
		"a deadline after CloseTimeout":   {func(s *Stream) { _ = s.SetDeadline(in(time.Minute)) }, nil, timeout},
		"a write deadline during Close":   {nil, func(s *Stream) { _ = s.SetWriteDeadline(in(time.Second)) }, 2 * time.Second},
		"a past deadline during Close":    {nil, func(s *Stream) { _ = s.SetDeadline(in(-time.Hour)) }, time.Second},
		"a deadline that is moved closer": {func(s *Stream) { _ = s.SetDeadline(in(4 * time.Second)) }, func(s *Stream) { _ = s.SetDeadline(in(0)) }, time.Second},
		"a deadline that is moved away":   {func(s *Stream) { _ = s.SetDeadline(in(2 * time.Second)) }, func(s *Stream) { _ = s.SetDeadline(in(3 * time.Second)) }, 4 * time.Second},
		"a deadline that is removed":      {func(s *Stream) { _ = s.SetDeadline(in(2 * time.Second)) }, func(s *Stream) { _ = s.SetDeadline(time.Time{}) }, timeout},
	} {
		t.Run(name, func(t *testing.T) {
			withPeer(t, Options{KeepAlive: -1}, func(t *testing.T, conn *Conn, peer *memconn.Conn) {
				s := NetConn(conn, Binary)
				if c.before != nil {
					c.before(s)
				}
				if c.during != nil {
					time.AfterFunc(time.Second, func() { c.during(s) })
				}
				received := make(chan string, 1)
				go func() {
					f, _ := wiretest.ReadFrame(peer)
					received <- f.String()
				}()
				began := time.Now()
				err := s.Close()
				if took := time.Since(began); took != c.took {
					t.Errorf("Close must take %v; it took %v", c.took, took)
				}
				if e, ok := errors.AsType[*net.OpError](err); !ok || e.Timeout() != (c.took < timeout) {
					t.Errorf("the error must be a timeout if the deadline passes first; got %v", err)
				}
				wantOpError(t, s.Close(), "close", net.ErrClosed)
				wantOpError(t, s.SetWriteDeadline(time.Time{}), "set", net.ErrClosed)
				<-conn.Done() // the closing handshake continues, within its bound
				if took := time.Since(began); took != timeout {
					t.Errorf("the connection must end after %v; it took %v", timeout, took)
				}
				if got := <-received; got != "close 1000" {
					t.Errorf("our Close must be sent; the peer received %s", got)
				}
			})
		})
	}
}

// The end is clean if the peer answers after the deadline.
func TestStreamCloseContinuesAfterDeadline(t *testing.T) {
	withPeer(t, Options{KeepAlive: -1}, func(t *testing.T, conn *Conn, peer *memconn.Conn) {
		s := NetConn(conn, Binary)
		_ = s.SetDeadline(time.Now())
		wantOpError(t, s.Close(), "close", os.ErrDeadlineExceeded)
		write(t, peer, wiretest.Frame(protocol.Server, protocol.CloseFrame, wiretest.CloseBody(1000, "")))
		synctest.Wait()
		if end, ended := conn.Outcome(); !ended || !end.Clean {
			t.Errorf("the end must be clean; got %+v, %t", end, ended)
		}
	})
}
