package websocket

import (
	"context"
	"net/http"
	"net/url"

	"github.com/lingerws/linger/websocket/driver"
)

// DialOptions configure how a server is reached and what the request contains. The zero value offers no subprotocol,
// follows no redirects, uses the proxy of the environment, and selects the defaults of [Options].
type DialOptions = driver.DialOptions

// DialError is the error of an opening handshake, with the response of the server or the proxy if one arrived.
type DialError = driver.DialError

// DialPhase is the step at which an opening handshake failed. The identifiers are stable.
type DialPhase = driver.DialPhase

// The phases, in order.
const (
	PhaseRequest  = driver.PhaseRequest  // the URL or the options are not valid; the error is a *[Misuse]
	PhaseDial     = driver.PhaseDial     // the server could not be reached
	PhaseProxy    = driver.PhaseProxy    // the proxy could not be reached, or did not open a tunnel
	PhaseTLS      = driver.PhaseTLS      // the TLS handshake with the server failed
	PhaseWrite    = driver.PhaseWrite    // the request could not be written
	PhaseResponse = driver.PhaseResponse // no response arrived, or it is malformed
	PhaseCheck    = driver.PhaseCheck    // the response does not open a WebSocket; usually the error is a *[handshake.Failure]
)

// NoProxy is a value for DialOptions.Proxy: the server is reached directly, even if the environment names a proxy.
func NoProxy(r *http.Request) (*url.URL, error) { return driver.NoProxy(r) }

// Dial opens a connection to a URL with the scheme ws or wss; http and https are
// synonyms. A user name and password in the URL are sent as Basic authorization. ctx
// bounds the opening handshake, not the connection. Every error is a *[DialError];
// nothing is left open then. opts may be nil.
func Dial(ctx context.Context, url string, opts *DialOptions) (*Conn, error) {
	if opts == nil {
		opts = &DialOptions{}
	}
	conn := *opts
	conn.Options = connOptions(opts.Options)
	d, header, err := driver.Dial(ctx, url, &conn)
	if err != nil {
		return nil, err
	}
	return newConn(d, header.Get("Sec-WebSocket-Protocol"), opts.Options), nil
}
