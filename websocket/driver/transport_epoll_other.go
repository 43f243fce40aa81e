//go:build !linux

package driver

import "net"

// newNotifier finds nothing: connections are waited for here.
func newNotifier(net.Conn) (transport, bool) { return nil, false }
