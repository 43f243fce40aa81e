package websocket

import "net"

// LocalAddr returns the address of our end of the transport.
func (c *Conn) LocalAddr() net.Addr { return c.socket().LocalAddr() }

// RemoteAddr returns the address of the other end of the transport: the peer, or
// the last proxy before it.
func (c *Conn) RemoteAddr() net.Addr { return c.socket().RemoteAddr() }

func (c *Conn) socket() net.Conn {
	on, _ := c.driver.transport.(socketed) // each of ours is
	return on.socket()
}

// socketed is a transport that runs on a net.Conn.
type socketed interface{ socket() net.Conn }

var _ socketed = (*streamTransport)(nil)

func (t *streamTransport) socket() net.Conn { return t.nc }
