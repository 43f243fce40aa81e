package websocket

import (
	"net/http"

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
