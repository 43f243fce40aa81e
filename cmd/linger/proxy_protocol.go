package main

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/websocket"
)

// proxyProtocolFlags are the flags for load balancers of TCP, which send the address of a client in a header of the PROXY protocol.
type proxyProtocolFlags struct {
	ProxyProtocolFrom    []proxyPeer `placeholder:"NETWORK" help:"Load balancers that begin each connection with a header of the PROXY protocol, version 1 or 2, such as 10.0.0.0/8, ::1, or unix for those on a Unix socket. Their connections without one are closed. May be repeated."`
	ProxyProtocolTimeout duration    `default:"5s" help:"Time for the header of the PROXY protocol. After it the connection is closed."`
}

// readProxyHeaders returns a listener that reads the headers of the load balancers, and calls refused with the reason for
// each connection that is closed because of its header. Without load balancers it returns l.
func (f proxyProtocolFlags) readProxyHeaders(l net.Listener, log *slog.Logger, refused func(reason string)) net.Listener {
	if len(f.ProxyProtocolFrom) == 0 {
		return l
	}
	p := websocket.ProxyProtocol{
		Timeout: time.Duration(f.ProxyProtocolTimeout),
		Refused: func(proxy net.Addr, problem error) {
			log.Warn("connection of a load balancer closed", "remote", proxy.String(), "error", problem)
			refused(headerProblem(problem))
		},
	}
	for _, peer := range f.ProxyProtocolFrom {
		if peer.unix {
			p.UnixSocket = true
		} else {
			p.From = append(p.From, peer.network)
		}
	}
	return p.Listener(l)
}

// headerProblem returns the reason for closing a connection because of its header, for metrics.
func headerProblem(problem error) string {
	switch {
	case errors.Is(problem, websocket.ErrProxyHeaderMissing):
		return "missing"
	case errors.Is(problem, websocket.ErrProxyHeaderIncomplete):
		return "incomplete"
	case errors.Is(problem, websocket.ErrProxyHeaderLate):
		return "timeout"
	}
	return "invalid"
}

// proxyPeer is a flag value that is a network, or the word unix.
type proxyPeer struct {
	network netip.Prefix
	unix    bool
}

// Decode implements kong.MapperValue.
func (p *proxyPeer) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("network", &text); err != nil {
		return err
	}
	if text == "unix" {
		p.unix = true
		return nil
	}
	network, err := parseNetwork(text)
	p.network = network
	return err
}

// String returns the peer in the form that Decode reads.
func (p proxyPeer) String() string {
	if p.unix {
		return "unix"
	}
	return p.network.String()
}
