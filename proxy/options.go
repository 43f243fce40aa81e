package proxy

import (
	"crypto/tls"
	"log/slog"
	"net/netip"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// Options are what a proxy can be told. The zero value is ready to use, but for To.
type Options struct {
	// To are the backends' URLs, ws or wss; for [New] only. The path and query of the
	// request are added to theirs. A client goes to the one with the fewest connections
	// among those that can be reached.
	To []string

	// The bounds of each connection. HalfOpen and Pieces are the proxy's to set, and
	// CloseTimeout counts for a side whose other side is gone. While the other may still
	// send, a side waits for its Close for HalfOpenTimeout and a second.
	driver.Options

	// ClientLost is what the backend is told when the client is lost: when it ends
	// without a Close, or breaks a rule. BackendLost is the same the other way round.
	// Zero values mean that the transport is cut for the backend, which sees 1006 as
	// it would without a proxy, and 1014, bad gateway, for the client.
	ClientLost, BackendLost Lost

	// HighWater is how many bytes may wait on one side before the other is not read;
	// 0 means 64 KiB.
	HighWater int

	// Intercept, if set, is shown each message, whole; it may change it, and returns
	// whether it goes on. It is called for one message of a direction at a time.
	Intercept func(*Message) bool

	// Origins decides from which web pages browsers may connect; the zero value admits
	// pages of the same host.
	Origins handshake.OriginPolicy

	// TrustedProxies are the networks of proxies before this one whose forwarding fields
	// are kept; those of all others are removed. If there are any, peers on a Unix socket
	// are trusted too. Of a trusted peer X-Forwarded-Host is the host that the client used.
	TrustedProxies []netip.Prefix

	// BackendHost sends each backend the host of its own URL in the field Host, and that
	// host in Origin for pages of the host that the client used. Otherwise a backend gets
	// both as the client has sent them.
	BackendHost bool

	// DialTimeout bounds the opening handshake with a backend; 0 means 10 s. Then the
	// client gets 504.
	DialTimeout time.Duration

	// TLSConfig is for backends with the scheme wss; nil verifies them as usual.
	TLSConfig *tls.Config

	// Retry is how long a backend that could not be reached is left alone while there
	// are others; 0 means 5 s.
	Retry time.Duration

	// Logger gets what goes wrong; nil means slog.Default.
	Logger *slog.Logger

	// AccessLog gets one line, at level info, when a pair of connections has ended, with
	// the client's address, the path, the backend, cause and code of both ends, duration,
	// messages and bytes; nil means none. The query is left out: it may hold secrets.
	AccessLog *slog.Logger
}

// Lost is what one side is told when the other is lost.
type Lost struct {
	Cut    bool // its transport is cut, without a Close
	Code   protocol.CloseCode
	Reason string
}

const (
	defaultHighWater = 64 << 10
	defaultDial      = 10 * time.Second
	defaultRetry     = 5 * time.Second
)

func (o Options) withDefaults() Options {
	if o.HighWater <= 0 {
		o.HighWater = defaultHighWater
	}
	if o.DialTimeout <= 0 {
		o.DialTimeout = defaultDial
	}
	if o.Retry <= 0 {
		o.Retry = defaultRetry
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.ClientLost.Code == 0 {
		o.ClientLost.Cut = true
	}
	if o.BackendLost == (Lost{}) {
		o.BackendLost = Lost{Code: protocol.CloseBadGateway, Reason: "the backend is gone"}
	}
	return o
}

// closeTimeout bounds the wait for the Close of a side whose other side is gone.
func (o Options) closeTimeout() time.Duration { return o.Options.WithDefaults().CloseTimeout }

// Connection returns the options for one connection of a pipe.
func (o Options) Connection() driver.Options {
	o = o.withDefaults()
	c := o.Options.WithDefaults()
	c.HalfOpen, c.Pieces, c.HighWater = true, o.Intercept == nil, o.HighWater
	if c.Pieces && c.MaxFragments == 0 {
		c.MaxFragments = -1 // each is passed on, and none is kept
	}
	// The side that has closed is answered first, with its own code; then the other, which
	// has not, is lost.
	c.CloseTimeout = max(o.CloseTimeout, c.HalfOpenTimeout+time.Second)
	return c
}
