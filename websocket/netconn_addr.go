package websocket

import "net"

// LocalAddr returns the address of our end of the transport.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the other end of the transport: the peer, or
// the last proxy before it.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

func (t *streamTransport) addrs() (local, remote net.Addr) {
	return t.nc.LocalAddr(), t.nc.RemoteAddr()
}
