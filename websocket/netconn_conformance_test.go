package websocket

import (
	"net"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// TestNetConnConformance runs the tests of golang.org/x/net/nettest for implementations of net.Conn.
func TestNetConnConformance(t *testing.T) {
	t.Run("in memory", func(t *testing.T) {
		nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
			a, b := memconn.Pipe()
			return streams(a, b)
		})
	})
	t.Run("TCP", func(t *testing.T) {
		nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
			a, b := tcpEnds(t)
			return streams(a, b)
		})
	})
}

func streams(a, b net.Conn) (c1, c2 net.Conn, stop func(), err error) {
	client := NewConn(a, protocol.Client, nil, Options{})
	server := NewConn(b, protocol.Server, nil, Options{})
	c1, c2 = NetConn(client, Binary), NetConn(server, Binary)
	stop = func() { // CloseNow would make a blocked Close of the test fail
		go func() { _ = c1.Close() }()
		_ = c2.Close()
		<-client.Done()
		<-server.Done()
	}
	return c1, c2, stop, nil
}
