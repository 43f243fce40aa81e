package driver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// waitingRead is a connection that records the size of the buffer of a blocked Read.
type waitingRead struct {
	*memconn.Conn
	size atomic.Int64
}

func (c *waitingRead) Read(p []byte) (int, error) {
	c.size.Store(int64(len(p)))
	defer c.size.Store(0)
	return c.Conn.Read(p)
}

func TestDriverHoldsNoReadBufferWhileIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		nc := &waitingRead{Conn: a}
		c := New(nc, protocol.Server, nil, Options{KeepAlive: -1})
		defer c.CloseNow()
		c.Start(&recorder{})
		for what, input := range map[string][]byte{
			"nothing":              nil,
			"a message":            wiretest.TextFrame("hello"),
			"the shortest frame":   wiretest.Frame(protocol.Server, protocol.Pong, nil),
			"two of them":          bytes.Repeat(wiretest.Frame(protocol.Server, protocol.Pong, nil), 2),
			"messages in one go":   bytes.Repeat(wiretest.TextFrame("hello"), 50),
			"a large message":      wiretest.Frame(protocol.Server, protocol.Binary, make([]byte, 100_000)),
			"the start of a frame": wiretest.TextFrame("hello")[:4],
		} {
			_, _ = b.Write(input)
			if what == "the start of a frame" {
				_, _ = b.Write(wiretest.TextFrame("hello")[4:])
			}
			synctest.Wait()
			if n := nc.size.Load(); n > waitSize {
				t.Errorf("after %s the reader must wait without a buffer; it has %d bytes", what, n)
			}
		}
		_, _ = b.Write(wiretest.Violation())
		_, _ = b.Write(make([]byte, 100_000))
		synctest.Wait()
		defer func() { <-c.Done() }()
		if n := nc.size.Load(); n > waitSize {
			t.Errorf("a connection that lingers must have no buffer; it has %d bytes", n)
		}
	})
}

func TestDriverInputInAnyPieces(t *testing.T) {
	var input []byte
	var want []string
	for _, size := range []int{0, 1, 5, 125, 126, 4000, 70_000} {
		input = append(input, wiretest.Frame(protocol.Server, protocol.Binary, make([]byte, size))...)
		want = append(want, fmt.Sprint("message ", wiretest.Received{Op: protocol.Binary, Payload: make([]byte, size)}))
	}
	for _, size := range []int{1, 2, 5, 6, 7, 1000, 32 << 10, 0} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, protocol.Server, Options{KeepAlive: -1})
			s.peer.Peer().SetReadSize(size)
			s.start()
			_, _ = s.peer.Write(input)
			synctest.Wait()
			if got := s.handler.newCalls(); !slices.Equal(got, want) {
				t.Errorf("read %d bytes at a time, the messages must be the same: wanted %s, got %s", size, list(want), list(got))
			}
		})
	}
}

func TestDriverEndOfInput(t *testing.T) {
	for err, want := range map[error]bool{
		io.EOF:                                true,
		io.ErrUnexpectedEOF:                   true, // TLS without close_notify
		&net.OpError{Op: "read", Err: io.EOF}: true,
		net.ErrClosed:                         false,
		errors.New("other"):                   false,
	} {
		if got := isEOF(err); got != want {
			t.Errorf("isEOF of %v must be %v; got %v", err, want, got)
		}
	}
}
