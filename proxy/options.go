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

// Options configure a proxy. All fields have usable zero values, except that New needs To.
type Options struct {
	// To are the URLs of the backends, with the scheme ws or wss. Only New uses them. The
	// path and query of a request are appended to those of the URL. A client is connected
	// to the backend with the fewest connections, of those that can be reached.
	To []string

	// Options configure both connections. The proxy sets HalfOpen and Pieces itself.
	// CloseTimeout applies to a connection whose other connection is lost. While the other
	// end may still send, the proxy waits for its Close for HalfOpenTimeout plus a second.
	driver.Options

	// ClientLost is what the backend sees when the client is lost: when it ends without a
	// Close or violates the protocol. By default the connection to the backend is aborted,
	// so that the backend sees 1006, as it would without a proxy.
	ClientLost Lost

	// BackendLost is what the client sees when the backend is lost. The default is a Close
	// with code 1014, bad gateway.
	BackendLost Lost

	// HighWater is the number of bytes in the send queue of one connection from which the
	// other is not read; 0 means 64 KiB.
	HighWater int

	// Intercept, if set, is called with each complete message. It may change the message,
	// and returns whether to forward it. Calls for the same direction do not overlap.
	Intercept func(*Message) bool

	// Origins decides which web pages may connect; the zero value admits pages of the same
	// host.
	Origins handshake.OriginPolicy

	// TrustedProxies are the networks of the trusted proxies before this one. Their
	// forwarding fields are kept, and X-Forwarded-Host is the host that the client used.
	// Forwarding fields of other peers are removed. If there are trusted proxies, peers on
	// a Unix socket are trusted too.
	TrustedProxies []netip.Prefix

	// BackendHost sends the host of the backend's URL in Host, and in Origin for pages of
	// the host that the client used. Otherwise both fields are forwarded unchanged.
	BackendHost bool

	// DialTimeout bounds the opening handshake with a backend; 0 means 10 s. After it the
	// client receives status 504.
	DialTimeout time.Duration

	// TLSConfig configures TLS to backends with the scheme wss. With nil the certificates
	// of backends are verified with the roots of the system.
	TLSConfig *tls.Config

	// Retry is the time for which a backend that could not be reached is not preferred;
	// 0 means 5 s.
	Retry time.Duration

	// Logger logs refusals, failures of backends and lost connections; nil means
	// slog.Default.
	Logger *slog.Logger

	// AccessLog, if set, logs one record at level info for each pair of connections that
	// has ended: the client's address, the path, the backend, the cause, the initiator
	// ("client", "server" or "neither": the end that sent the first Close) and the codes of both
	// connections, the duration, and the numbers of messages and bytes. It omits the
	// query, which may contain secrets.
	AccessLog *slog.Logger

	// AccessHeaders are the names of fields of the client's request, such as User-Agent, that
	// the records of AccessLog contain, in a group with the name header.
	AccessHeaders []string

	// Trace is called for what happens; nil means nothing is called.
	Trace *Trace
}

// Lost is what one end sees when the other is lost.
type Lost struct {
	Abort  bool               // abort the connection without a Close
	Code   protocol.CloseCode // the code of the Close
	Reason string             // the reason of the Close
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
		o.ClientLost.Abort = true
	}
	if o.BackendLost == (Lost{}) {
		o.BackendLost = Lost{Code: protocol.CloseBadGateway, Reason: "the backend is gone"}
	}
	return o
}

// check returns an error if a Close cannot be sent. o has its defaults.
func (o Options) check() error {
	for _, lost := range []Lost{o.ClientLost, o.BackendLost} {
		if err := protocol.CheckClose(lost.Code, lost.Reason); err != nil && !lost.Abort {
			return err
		}
	}
	return nil
}

// closeTimeout returns the time in which an end must answer the Close after the other end
// was lost.
func (o Options) closeTimeout() time.Duration { return o.WithDefaults().CloseTimeout }

// Connection returns the options for each of the two connections of a [Pipe].
func (o Options) Connection() driver.Options {
	o = o.withDefaults()
	c := o.WithDefaults()
	c.HalfOpen, c.Pieces, c.HighWater = true, o.Intercept == nil, o.HighWater
	if c.Pieces && c.MaxFragments == 0 {
		c.MaxFragments = -1 // fragments are forwarded and not kept
	}
	// An end that has closed is answered after HalfOpenTimeout. The connection to the other
	// end, which has not closed, must not end before.
	c.CloseTimeout = max(o.CloseTimeout, c.HalfOpenTimeout+time.Second)
	return c
}
