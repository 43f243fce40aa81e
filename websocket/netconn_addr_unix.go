//go:build unix

package websocket

import "net"

var _ socketed = (*rawTransport)(nil)

func (t *rawTransport) socket() net.Conn { return t.nc }
