// Package readiness lets a connection report its readiness to a driver, as sockets do through event loops. Connections in
// memory use it, so that the tests of this folder and those below run with both kinds of driver.
package readiness

import "net"

// Conn makes a driver wait for the reports of a connection, instead of blocking in Read and Write.
type Conn struct{ Reporter }

// Reporter is a connection that reports when it can be read or written.
type Reporter interface {
	net.Conn

	// Watch calls report, from another goroutine, after each change of the connection until that is closed. Several
	// changes may be one call.
	Watch(report func())

	// TryRead reads what has arrived. The error is syscall.EAGAIN if nothing has.
	TryRead(p []byte) (int, error)

	// TryWrite writes what fits. The error is syscall.EAGAIN if nothing does.
	TryWrite(p []byte) (int, error)
}
