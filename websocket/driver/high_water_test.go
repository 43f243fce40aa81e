package driver

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// drainRecorder is a handler that echoes, and records the results of Send and the calls of Drained.
type drainRecorder struct {
	echo
	queued  chan int
	drained chan struct{}
}

func (h drainRecorder) Events(d *Driver, events []protocol.Event) (work bool) {
	return wiretest.EachMessage(events, func(m protocol.Event) {
		queued, _ := d.Send(m.Opcode, m.Payload)
		h.queued <- queued
	})
}

func (h drainRecorder) Drained(*Driver) {
	select {
	case h.drained <- struct{}{}:
	default:
	}
}

// The messages of a batch may be written at once. If the queue was above the high watermark
// Drained is called nevertheless, since a sender may wait for it.
func TestDriverDrainedAfterImmediateWrite(t *testing.T) {
	for name, c := range map[string]struct {
		highWater int
		drained   bool
	}{"above the mark": {1, true}, "below the mark": {1 << 20, false}} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			peer, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = peer.Close() }()
			nc, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			h := drainRecorder{queued: make(chan int, 1), drained: make(chan struct{}, 1)}
			d := New(nc, protocol.Server, nil, Options{HighWater: c.highWater})
			d.Start(h)
			defer d.CloseNow()
			for queued := 0; queued == 0; queued = <-h.queued { // 0 if the batch has ended, because it took long, before Send
				_, _ = peer.Write([]byte{0x81, 0x80, 0, 0, 0, 0})
				if _, err := io.ReadFull(peer, make([]byte, 2)); err != nil { // the echo has been written
					t.Fatal(err)
				}
			}
			select {
			case <-h.drained:
				if !c.drained {
					t.Error("below the high watermark Drained must not be called")
				}
			case <-time.After(waitFor(c.drained)):
				if c.drained {
					t.Error("above the high watermark Drained must be called")
				}
			}
		})
	}
}

// waitFor returns how long to wait for an event that is expected or not.
func waitFor(expected bool) time.Duration {
	if expected {
		return time.Minute
	}
	return 50 * time.Millisecond
}
