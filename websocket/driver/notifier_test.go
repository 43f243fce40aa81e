package driver

import (
	"net"
	"os"
	"testing"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/readiness"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// blockingPass is set in the last of the passes of [TestMain].
var blockingPass bool

// TestMain runs all tests on rings and with the readiness driver, where there are event loops, and with the blocking driver,
// after the event loops have been stopped.
func TestMain(m *testing.M) {
	startLoops := func() {
		wiretest.StartLoops(func(near net.Conn) <-chan struct{} {
			d := New(near, protocol.Server, nil, Options{})
			d.Start(echo{})
			d.CloseNow()
			return d.Done()
		})
	}
	os.Exit(wiretest.RunPasses(m, func() {
		DefaultLoopGroup().IO = IORing
		startLoops()
	}, func() {
		DefaultLoopGroup().IO = IOReadiness
	}, func() {
		DefaultLoopGroup().Stop()
		blockingPass = true
	}))
}

// inMemory returns a transport in memory for the driver under test.
func inMemory(c *memconn.Conn) net.Conn {
	if blockingPass {
		return c
	}
	return readiness.Conn{Reporter: c}
}
