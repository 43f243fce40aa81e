//go:build !linux

package websocket

import (
	"net"
	"net/http"
)

// newListener leaves everything to net/http.
func newListener(_ *http.Server, listener net.Listener) net.Listener { return listener }
