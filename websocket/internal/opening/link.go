package opening

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"

	"github.com/lingerws/linger/websocket/internal/netlayer"
)

// link is a transport on which the opening handshake is under way. It is closed
// when the context ends.
type link struct {
	nc   net.Conn    // what the handshake is spoken on: TCP, or TLS on it
	base net.Conn    // what is below all TLS: closing it never waits and ends every call on nc
	keep func() bool // ends the watch on the context; false if that has closed the transport
}

func newLink(ctx context.Context, nc net.Conn) *link {
	base := netlayer.BelowTLS(nc)
	return &link{nc: nc, base: base, keep: context.AfterFunc(ctx, func() { _ = base.Close() })}
}

func (l *link) close() {
	l.keep()
	_ = l.base.Close()
}

// startTLS puts TLS on the link and makes its handshake.
func (l *link) startTLS(ctx context.Context, config *tls.Config) error {
	secure := tls.Client(l.nc, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return err
	}
	l.nc = secure
	return nil
}

// tlsConfig returns the application's configuration as it is used for a host.
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

// connect opens the transport for the request.
func (h *hop) connect(ctx context.Context) (*link, *Failure) {
	if h.opts.Connect != nil {
		target := *h.url
		nc, err := h.opts.Connect(ctx, &target)
		if err != nil {
			return nil, h.fail(PhaseDial, err)
		}
		return newLink(ctx, nc), nil
	}
	l, failure := h.reach(ctx)
	if failure != nil || h.url.Scheme != "wss" {
		return l, failure
	}
	if err := l.startTLS(ctx, h.tlsConfig(hostname(h.url))); err != nil {
		l.close()
		return nil, h.fail(PhaseTLS, err)
	}
	return l, nil
}

// reach opens a TCP connection to the server, or a tunnel through a proxy.
func (h *hop) reach(ctx context.Context) (*link, *Failure) {
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

func (h *hop) dial(ctx context.Context, to *url.URL) (*link, error) {
	netDial := h.opts.NetDial
	if netDial == nil {
		netDial = new(net.Dialer).DialContext
	}
	nc, err := netDial(ctx, "tcp", address(to))
	if err != nil {
		return nil, err
	}
	return newLink(ctx, nc), nil
}
