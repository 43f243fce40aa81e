package websocket

import (
	"flag"
	"net"
	"os"
	"testing"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/readiness"
)

// TestMain runs all tests twice: a transport that can be either is waited for at first,
// and tells of readiness then.
func TestMain(m *testing.M) {
	flag.Parse()
	if flagIsSet("test.list") || flagIsSet("test.fuzz") { // no test of a driver is among them
		os.Exit(m.Run())
	}
	readiness.AlwaysBlocking.Store(true)
	status := m.Run()
	readiness.AlwaysBlocking.Store(false)
	beginLoops()
	os.Exit(max(status, m.Run()))
}

func flagIsSet(name string) bool { return flag.Lookup(name).Value.String() != "" }

// beginLoops has the loops begin, where there are any, so that no test that counts takes
// what they hold for a leak.
func beginLoops() {
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
	d := driver.New(near, protocol.Server, nil, Options{})
	d.Start(echo{})
	d.CloseNow()
	<-d.Done()
	_, _ = peer.Close(), l.Close()
}

// inMemory returns a connection in memory as the driver under test wants it.
func inMemory(c *memconn.Conn) net.Conn {
	if readiness.AlwaysBlocking.Load() {
		return c
	}
	return readiness.Conn{Reporter: c}
}
