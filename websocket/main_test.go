package websocket

import (
	"net"
	"os"
	"testing"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/readiness"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// blockingPass is set in the second of the two passes of [TestMain].
var blockingPass bool

// TestMain runs all tests twice: with event loops where there are some, and with the blocking driver, after the event loops
// have been stopped. The tests of package driver run with each kind of event loop.
func TestMain(m *testing.M) {
	startLoops := func() {
		wiretest.StartLoops(func(near net.Conn) <-chan struct{} {
			d := driver.New(near, protocol.Server, nil, Options{})
			d.Start(echo{})
			d.CloseNow()
			return d.Done()
		})
	}
	os.Exit(wiretest.RunPasses(m, startLoops, func() {
		driver.DefaultLoopGroup().Stop()
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
