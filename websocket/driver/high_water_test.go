package driver

import (
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

// drainTeller echoes, and tells of Drained.
type drainTeller struct {
	echo
	drained chan struct{}
}

func (h drainTeller) Drained(*Driver) {
	select {
	case h.drained <- struct{}{}:
	default:
	}
}

// What is held back for a batch of input may leave in one write, and somebody may
// wait for it all the same.
func TestDriverDrainedAfterImmediateWrite(t *testing.T) {
	for name, c := range map[string]struct {
		highWater int
		told      bool
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
			h := drainTeller{drained: make(chan struct{}, 1)}
			d := New(nc, protocol.Server, nil, Options{HighWater: c.highWater})
			d.Start(h)
			defer d.CloseNow()
			_, _ = peer.Write([]byte{0x81, 0x80, 0, 0, 0, 0})
			if _, err := peer.Read(make([]byte, 2)); err != nil { // the echo has left
				t.Fatal(err)
			}
			select {
			case <-h.drained:
				if !c.told {
					t.Error("a queue below the mark that left at once must not be told of")
				}
			case <-time.After(patienceFor(c.told)):
				if c.told {
					t.Error("a queue above the mark that left at once must be told of")
				}
			}
		})
	}
}

func patienceFor(told bool) time.Duration {
	if told {
		return 10 * time.Second
	}
	return 50 * time.Millisecond
}
