//go:build !race

package linger_test

import (
	"net/http/httptest"
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
	for lend, most := range map[bool]float64{false: mostAllocations, true: mostAllocations - 1} {
		s := linger.NewServer(linger.HandlerFuncs{OnMessage: echo}, linger.Options{LendPayloads: lend})
		web := httptest.NewServer(s)
		defer web.Close()
		nc := dialRaw(t, web.Listener.Addr().String())
		message := frame(protocol.Text, []byte(text(100)))
		due := make([]byte, 102)
		got := most + 1
		for deadline := time.Now().Add(30 * time.Second); got > most && time.Now().Before(deadline); {
			got = testing.AllocsPerRun(1000, func() { exchange(t, nc, message, due) })
		}
		t.Logf("%.1f allocations for each echoed message; payloads are lent: %v", got, lend)
		if got > most {
			t.Errorf("an echoed message costs %.0f allocations at the most; got %.1f", most, got)
		}
	}
}
