//go:build !race

package linger_test

import (
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// mostAllocations is the budget of one echoed message: the message with its payload, which
// the handler may keep, and the call of the handler.
const mostAllocations = 3

// After slow handlers, which other tests may have, and all tests on a busy machine, the event loops call up to 16,384
// handlers on separate goroutines. So a measurement above the budget is repeated.
func TestServerAllocations(t *testing.T) {
	for what, test := range map[string]struct {
		opts linger.Options
		most float64
	}{
		"payloads of their own":       {linger.Options{}, mostAllocations},
		"payloads that are lent":      {linger.Options{LendPayloads: true}, mostAllocations - 1},
		"with a trace and statistics": {linger.Options{Stats: true, Trace: countingTrace(new(atomic.Int64))}, mostAllocations},
	} {
		s := linger.NewServer(linger.HandlerFuncs{OnMessage: echo}, test.opts)
		web := httptest.NewServer(s)
		defer web.Close()
		nc := dialRaw(t, web.Listener.Addr().String())
		message := frame(protocol.Text, []byte(text(100)))
		due := make([]byte, 102)
		got := test.most + 1
		for deadline := time.Now().Add(30 * time.Second); got > test.most && time.Now().Before(deadline); {
			got = testing.AllocsPerRun(1000, func() { exchange(t, nc, message, due) })
		}
		t.Logf("%s: %.1f allocations for each echoed message", what, got)
		if got > test.most {
			t.Errorf("%s: an echoed message costs %.0f allocations at the most; got %.1f", what, test.most, got)
		}
	}
}

// countingTrace returns a trace that counts what concerns messages.
func countingTrace(n *atomic.Int64) *linger.Trace {
	return &linger.Trace{
		Received: func(*linger.Socket, linger.Payload) { n.Add(1) },
		Sent:     func(*linger.Socket, linger.Payload) { n.Add(1) },
		Handled:  func(*linger.Socket, string, linger.EventTimes) { n.Add(1) },
	}
}
