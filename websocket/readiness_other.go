//go:build !linux

package websocket

import "net"

// newNotifier finds nothing: connections are waited for here.
func newNotifier(net.Conn) (transport, bool) { return nil, false }
