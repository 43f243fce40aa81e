package driver

import (
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/protocol"
)

func TestDriverDrainedDuringCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		empty := make(chan struct{})
		s.handler.onDrained = func(*Driver) { close(empty) }
		s.handler.onMessage = func(c *Driver, _ []byte) {
			_, _ = c.Send(protocol.Binary, make([]byte, 200_000))
			<-empty // the handler blocks until its queue is empty
		}
		s.start()
		got := s.play("peer text go")
		got = append(got, s.play("wait 1ms")...)
		if want := []string{`message text "go"`, "> binary of 200000"}; !slices.Equal(got, want) {
			t.Errorf("a handler that waits for Drained must be woken; wanted %s, got %s", list(want), list(got))
		}
	})
}

func TestDriverClosedAfterDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onDrained = func(*Driver) {
			time.Sleep(time.Second)
			s.handler.note("drained")
		}
		s.start()
		s.play("app text x")
		s.play("peer reset")
		got := s.play("wait 2s")
		want := []string{"drained", "closed not clean, received 1006, sent 1006, first neither, transport"}
		if !slices.Equal(got, want) {
			t.Errorf("Closed is the last call, also when Drained takes long: wanted %s, got %s", list(want), list(got))
		}
	})
}

// A slow reader gets everything if it makes progress within CloseTimeout.
func TestDriverSendSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.passive = true
		s.peer.SetCapacity(1)
		s.start()
		const size = 40_000
		s.play("app binary 40000")
		s.play("app close 4000")
		const piece = 16 << 10 // was being written when the application closed
		_, _ = io.ReadFull(s.peer, make([]byte, piece))
		left := size + 4 + 4 - piece
		for left > 0 {
			n := min(left, 8192)
			if _, err := io.ReadFull(s.peer, make([]byte, n)); err != nil {
				t.Fatalf("the connection must stay open while the reader makes progress; %d bytes before the end it got %v", left, err)
			}
			left -= n
			time.Sleep(4900 * time.Millisecond)
		}
	})
}

func TestDriverWriteError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.passive = true
		s.peer.SetCapacity(10)
		s.start()
		s.play("app pause") // so that only the writer notices the error
		s.play("app binary 1000")
		s.peer.Reset()
		synctest.Wait()
		got := s.play("app resume")
		if len(got) != 2 || got[0] != "closed not clean, received 1006, sent 1006, first neither, transport" {
			t.Errorf("a write that fails must end the connection; got %s", list(got))
		}
		if s.conn.Queued() != 0 {
			t.Errorf("the send queue must be dropped; it has %d bytes", s.conn.Queued())
		}
	})
}
