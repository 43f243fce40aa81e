package websocket

import (
	"context"
	"net/http"
	"net/url"

	"github.com/lingerws/linger/websocket/driver"
)

// DialOptions describe how a server is reached and what is asked of it. The zero value asks for nothing beyond a
// WebSocket, follows no redirect, takes the proxy from the environment, and has the default bounds.
type DialOptions = driver.DialOptions

// DialError is why an opening handshake failed, with the answer of the server or the proxy if one came.
type DialError = driver.DialError

// DialPhase is how far an opening handshake came. The identifiers are stable.
type DialPhase = driver.DialPhase

// The phases, in order.
const (
	PhaseRequest  = driver.PhaseRequest  // the URL or the options make no request; the error is a *[Misuse]
	PhaseDial     = driver.PhaseDial     // the server was not reached
	PhaseProxy    = driver.PhaseProxy    // the proxy was not reached, or gave no tunnel
	PhaseTLS      = driver.PhaseTLS      // the TLS handshake with the server failed
	PhaseWrite    = driver.PhaseWrite    // the request could not be written
	PhaseResponse = driver.PhaseResponse // no answer came that can be read
	PhaseCheck    = driver.PhaseCheck    // the answer opens no WebSocket; mostly the error is a *[handshake.Failure]
)

// NoProxy is a choice for DialOptions.Proxy: the server is reached directly, whatever the environment says.
func NoProxy(r *http.Request) (*url.URL, error) { return driver.NoProxy(r) }

// Dial opens a WebSocket to a URL with the scheme ws or wss; http and https mean
// the same. A name and a password in it are sent as Basic authorization. ctx ends
// the opening handshake, not the connection. Every error is a *[DialError], and
// leaves nothing open. opts may be nil.
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
