//go:build !unix

package driver

import "net"

// newRawTransport has nothing to offer where descriptors cannot be read without
// waiting; the stream transport serves there.
func newRawTransport(net.Conn) (transport, bool) { return nil, false }
