package websocket

import (
	"net/http"

	"github.com/lingerws/linger/protocol/handshake"

	"github.com/lingerws/linger/websocket/driver"
)

// AcceptOptions describe how a request is answered. The zero value admits pages of the same host, agrees to no
// subprotocol, and has the default bounds.
type AcceptOptions = driver.AcceptOptions

// Accept answers a request with 101 and returns the connection. If it returns an
// error the request has been answered, or its transport is gone: a
// *[Refusal] says what was wrong with the request. opts may be nil.
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

// OriginPolicy decides from which web pages browsers may connect. The zero value
// admits pages of the same host only.
type OriginPolicy = handshake.OriginPolicy

// NewOriginPolicy returns a policy that admits, beside pages of the same host, every
// origin that fits one of the patterns: "https://*.example.com", "localhost:*" or
// "*" for instance; [handshake.NewOriginPolicy] has them all. The error names the
// pattern that cannot be read.
func NewOriginPolicy(patterns ...string) (OriginPolicy, error) {
	return handshake.NewOriginPolicy(patterns...)
}
