package driver

import (
	"flag"
	"net"
	"os"
	"testing"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/readiness"
)

// blockingPass is set in the second of the two passes of [TestMain].
var blockingPass bool

// TestMain runs all tests twice: with the readiness driver where there are event loops, and
// with the blocking driver, after the event loops have been stopped.
func TestMain(m *testing.M) {
	flag.Parse()
	if flagIsSet("test.list") || flagIsSet("test.fuzz") { // no test of a driver is among them
		os.Exit(m.Run())
	}
	startLoops()
	status := m.Run()
	DefaultLoopGroup().Stop()
	blockingPass = true
	os.Exit(max(status, m.Run()))
}

func flagIsSet(name string) bool { return flag.Lookup(name).Value.String() != "" }

// startLoops starts the event loops, on systems that have them, so that tests which count
// goroutines and descriptors do not count those of the loops.
func startLoops() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic(err)
	}
	near, err := l.Accept()
	if err != nil {
		panic(err)
	}
	d := New(near, protocol.Server, nil, Options{})
	d.Start(echo{})
	d.CloseNow()
	<-d.Done()
	_, _ = peer.Close(), l.Close()
}

// inMemory returns a transport in memory for the driver under test.
func inMemory(c *memconn.Conn) net.Conn {
	if blockingPass {
		return c
	}
	return readiness.Conn{Reporter: c}
}
