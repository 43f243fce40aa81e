//go:build !linux

package driver

import (
	"net"
	"net/http"
)

// newListener leaves everything to net/http.
func NewListener(_ *http.Server, listener net.Listener) net.Listener { return listener }
