//go:build !unix

package driver

import "net"

// newSocketTransport returns false, because descriptors cannot be read without blocking here.
func newSocketTransport(net.Conn) (blockingTransport, bool) { return nil, false }
