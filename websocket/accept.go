package websocket

import (
	"net/http"

	"github.com/lingerws/linger/protocol/handshake"

	"github.com/lingerws/linger/websocket/driver"
)

// AcceptOptions configure how a request is answered. The zero value admits pages of the same host, accepts no
// subprotocol, and selects the defaults of [Options].
type AcceptOptions = driver.AcceptOptions

// Accept answers a request with 101 and returns the connection. When it returns an
// error the request has been answered with an error status, or its transport has
// failed; a *[Refusal] contains what was wrong with the request. opts may be nil.
func Accept(w http.ResponseWriter, r *http.Request, opts *AcceptOptions) (*Conn, error) {
	if opts == nil {
		opts = &AcceptOptions{}
	}
	conn := *opts
	conn.Options = connOptions(opts.Options)
	d, subprotocol, err := driver.Accept(w, r, &conn)
	if err != nil {
		return nil, err
	}
	return newConn(d, subprotocol, opts.Options), nil
}

// OriginPolicy contains the origins of the web pages that may connect. The zero value
// admits pages of the same host only.
type OriginPolicy = handshake.OriginPolicy

// NewOriginPolicy returns a policy that admits pages of the same host and every origin
// that matches one of the patterns, for instance "https://*.example.com", "localhost:*"
// or "*"; [handshake.NewOriginPolicy] documents their syntax. The error contains the
// pattern that cannot be parsed.
func NewOriginPolicy(patterns ...string) (OriginPolicy, error) {
	return handshake.NewOriginPolicy(patterns...)
}
