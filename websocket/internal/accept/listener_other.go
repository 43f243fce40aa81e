//go:build !linux

package accept

import (
	"net"
	"net/http"
)

// NewListener returns listener: net/http serves all requests.
func NewListener(_ *http.Server, listener net.Listener) net.Listener { return listener }
