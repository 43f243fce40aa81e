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
		s.told.onDrained = func(*Driver) { close(empty) }
		s.told.onMessage = func(c *Driver, _ []byte) {
			_, _ = c.Send(protocol.Binary, make([]byte, 200_000))
			<-empty // a handler that blocks until its queue is empty
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
		s.told.onDrained = func(*Driver) {
			time.Sleep(time.Second)
			s.told.note("drained")
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

// A reader that is slow, but not slower than the close timer asks for, gets
// everything.
func TestDriverSendSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.deaf = true
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
				t.Fatalf("a reader that makes progress must be waited for; %d bytes before the end it got %v", left, err)
			}
			left -= n
			time.Sleep(4900 * time.Millisecond)
		}
	})
}

func TestDriverWriteError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.deaf = true
		s.peer.SetCapacity(10)
		s.start()
		s.play("app pause") // so that the reader is not the one who finds out
		s.play("app binary 1000")
		s.peer.Reset()
		synctest.Wait()
		got := s.play("app resume")
		if len(got) != 2 || got[0] != "closed not clean, received 1006, sent 1006, first neither, transport" {
			t.Errorf("a write that fails ends the connection; got %s", list(got))
		}
		if s.conn.Queued() != 0 {
			t.Errorf("what can no longer be written is dropped; %d bytes wait", s.conn.Queued())
		}
	})
}
