package websocket

import "net"

// LocalAddr returns the address of our end of the transport.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the other end of the transport: the peer, or
// the last proxy before it.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }
