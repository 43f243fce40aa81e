package websocket

import (
	"net"

	"github.com/lingerws/linger/websocket/internal/accept"
)

// PausableListener is a listener for [Serve] that can stop accepting connections for a while, as during the hand-over of a server to
// another process. Connections that arrive meanwhile wait in the kernel's queue, where another process that has the same listener can
// accept them.
//
// Pause returns when no further connection will be accepted, and Resume ends that. A process that leaves its listener to another one
// pauses it, waits for Settled, and then shuts down its HTTP server: then the response to every request that it has accepted is sent.
type PausableListener = accept.Pausable

// NewPausableListener returns a listener that accepts the connections of l. Listeners that wrap connections, such as those of
// [ProxyProtocol] and of crypto/tls, wrap the result.
func NewPausableListener(l net.Listener) *PausableListener { return accept.NewPausable(l) }
