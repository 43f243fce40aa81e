package opening

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"

	"github.com/lingerws/linger/websocket/internal/netlayer"
)

// transport is a transport during the opening handshake. It is closed when the context ends.
type transport struct {
	nc   net.Conn    // the transport of the handshake: TCP, or TLS on it
	base net.Conn    // the transport below all layers of TLS: closing it never blocks, and ends every call on nc
	keep func() bool // stops closing the transport when the context ends; false if it has been closed
}

func newTransport(ctx context.Context, nc net.Conn) *transport {
	base := netlayer.BelowTLS(nc)
	return &transport{nc: nc, base: base, keep: context.AfterFunc(ctx, func() { _ = base.Close() })}
}

func (l *transport) close() {
	l.keep()
	_ = l.base.Close()
}

// startTLS adds a layer of TLS, and makes its handshake.
func (l *transport) startTLS(ctx context.Context, config *tls.Config) error {
	secure := tls.Client(l.nc, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return err
	}
	l.nc = secure
	return nil
}

// tlsConfig returns the configuration of TLS for a host: that of the application, with a server name and the protocol.
func (h *hop) tlsConfig(name string) *tls.Config {
	config := h.opts.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config.ServerName = name
	}
	config.NextProtos = []string{"http/1.1"}
	return config
}

// connect opens the transport of the request.
func (h *hop) connect(ctx context.Context) (*transport, *Failure) {
	if h.opts.Connect != nil {
		target := *h.url
		nc, err := h.opts.Connect(ctx, &target)
		if err != nil {
			return nil, h.fail(PhaseDial, err)
		}
		return newTransport(ctx, nc), nil
	}
	l, failure := h.dialServer(ctx)
	if failure != nil || h.url.Scheme != "wss" {
		return l, failure
	}
	if err := l.startTLS(ctx, h.tlsConfig(hostname(h.url))); err != nil {
		l.close()
		return nil, h.fail(PhaseTLS, err)
	}
	return l, nil
}

// dialServer opens a TCP connection to the server, or a tunnel through a proxy.
func (h *hop) dialServer(ctx context.Context) (*transport, *Failure) {
	proxy, err := h.proxy()
	switch {
	case err != nil:
		return nil, h.fail(PhaseProxy, err)
	case proxy != nil:
		return h.tunnel(ctx, proxy)
	}
	l, err := h.dial(ctx, h.url)
	if err != nil {
		return nil, h.fail(PhaseDial, err)
	}
	return l, nil
}

func (h *hop) dial(ctx context.Context, to *url.URL) (*transport, error) {
	netDial := h.opts.NetDial
	if netDial == nil {
		netDial = new(net.Dialer).DialContext
	}
	nc, err := netDial(ctx, "tcp", address(to))
	if err != nil {
		return nil, err
	}
	return newTransport(ctx, nc), nil
}
