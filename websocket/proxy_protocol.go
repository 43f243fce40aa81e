package websocket

import (
	"net"
	"net/netip"
	"time"

	"github.com/lingerws/linger/websocket/internal/proxyheader"
)

// ProxyProtocol describes the proxies in front of a listener that begin each connection with a header, in which the addresses of
// the client are: versions 1 and 2 of the PROXY protocol of HAProxy, which load balancers of TCP have.
type ProxyProtocol struct {
	// From are the networks of these proxies. A connection from another address has no header: if it begins with one, that is an
	// invalid request.
	From []netip.Prefix

	// UnixSocket means that the peers on a Unix socket are such proxies.
	UnixSocket bool

	// Timeout bounds the wait for the header; 0 means 5 s.
	Timeout time.Duration

	// Refused is called, from any goroutine, for each connection from a proxy that is closed because its header is missing, wrong, longer
	// than 4 KiB, or late: problem is one of the errors below, or describes what is wrong. A connection that ends without any input, as one of a health check, is not reported. nil means no report.
	Refused func(proxy net.Addr, problem error)
}

// These errors, for errors.Is, are the problems that [ProxyProtocol].Refused reports, besides wrong and too long headers.
var (
	ErrProxyHeaderMissing    = proxyheader.ErrMissing    // the connection begins with something else
	ErrProxyHeaderIncomplete = proxyheader.ErrIncomplete // the connection has ended within the header
	ErrProxyHeaderLate       = proxyheader.ErrLate       // the header has not arrived within Timeout
)

const proxyHeaderTimeout = 5 * time.Second

// Listener returns a listener whose connections from the proxies have the addresses in their headers, so that RemoteAddr of an
// [http.Request] is that of the client. A connection that the proxy makes for itself, or for a client without a TCP address, keeps
// its own. Accept does not wait for headers. TLS comes after the header: pass the listener to [crypto/tls.NewListener].
//
// [Serve] recognises the listener, and WebSockets cost as little as without proxies. RemoteAddr of a [Conn] may be the address of the
// proxy.
func (p ProxyProtocol) Listener(l net.Listener) net.Listener {
	if p.Timeout <= 0 {
		p.Timeout = proxyHeaderTimeout
	}
	if p.Refused == nil {
		p.Refused = func(net.Addr, error) {}
	}
	return &proxyheader.Listener{Listener: l, From: p.isProxy, Timeout: p.Timeout, Refused: p.Refused}
}

// isProxy reports whether connections from an address begin with a header.
func (p ProxyProtocol) isProxy(peer net.Addr) bool {
	tcp, ok := peer.(*net.TCPAddr)
	if !ok {
		return p.UnixSocket && peer.Network() == "unix"
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	for _, network := range p.From {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}
