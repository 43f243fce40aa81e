package websocket

import (
	"errors"
	"flag"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// TestMain runs all tests twice: a transport that can be either is waited for at first,
// and tells of readiness then.
func TestMain(m *testing.M) {
	flag.Parse()
	if flagIsSet("test.list") || flagIsSet("test.fuzz") { // no test of a driver is among them
		os.Exit(m.Run())
	}
	alwaysBlocking.Store(true)
	status := m.Run()
	alwaysBlocking.Store(false)
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
	d := NewDriver(near, protocol.Server, nil, Options{})
	d.Start(echo{})
	d.CloseNow()
	<-d.Done()
	_, _ = peer.Close(), l.Close()
}

// inMemory returns a connection in memory as the driver under test wants it.
func inMemory(c *memconn.Conn) net.Conn {
	if alwaysBlocking.Load() {
		return c
	}
	return &told{streamTransport{nc: c}, c}
}

// told is a connection in memory that tells of readiness.
type told struct {
	streamTransport
	*memconn.Conn
}

var _ notifier = (*told)(nil)

func (n *told) begin(d *Driver) error {
	tell := func() {
		s := new(scratch)
		for d.ready(s, false, false) {
		}
	}
	n.Watch(func() { go tell() }) // as the loops do when a handler blocks
	go tell()
	return nil
}

func (n *told) alarms() *wheel { return nil }

func (n *told) readNow(p []byte) (int, error) {
	read, err := n.TryRead(p)
	if errors.Is(err, syscall.EAGAIN) {
		return 0, errWait
	}
	return read, err
}

func (n *told) tryWriteLast(p []byte) (int, error) { return n.tryWrite(p) }

func (n *told) tryWrite(p []byte) (int, error) {
	written, err := n.TryWrite(p)
	if errors.Is(err, syscall.EAGAIN) {
		return 0, nil
	}
	return written, err
}
