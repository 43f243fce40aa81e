// Package netlayer works on a transport that consists of layers: TLS on TCP, and two layers of TLS through a proxy that is
// reached over TLS.
package netlayer

import (
	"crypto/tls"
	"io"
	"net"

	"github.com/lingerws/linger/websocket/internal/proxyheader"
)

// BelowTLS returns the transport below all layers of TLS, and without a header of its proxy. Closing it never waits for the peer.
func BelowTLS(nc net.Conn) net.Conn {
	for {
		switch layer := nc.(type) {
		case *tls.Conn:
			nc = layer.NetConn()
		case *proxyheader.Conn:
			nc = layer.NetConn()
		default:
			return nc
		}
	}
}

// EndWriting ends our direction of each layer of TLS, and then of the transport below. It may wait for the peer to read;
// crypto/tls bounds that to 5 s.
func EndWriting(nc net.Conn) {
	secure, ok := nc.(*tls.Conn)
	if !ok {
		CloseWrite(nc)
		return
	}
	_ = secure.CloseWrite()
	EndWriting(secure.NetConn())
}

// CloseWrite ends our direction of a transport, or closes it if it cannot do that.
func CloseWrite(nc io.Closer) {
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	_ = nc.Close()
}
