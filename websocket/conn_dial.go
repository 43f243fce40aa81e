package websocket

import "context"

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
	d, header, err := DialDriver(ctx, url, &conn)
	if err != nil {
		return nil, err
	}
	return newConn(d, header.Get("Sec-WebSocket-Protocol"), opts.Options), nil
}
