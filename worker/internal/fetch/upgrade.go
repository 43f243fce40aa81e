package fetch

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/lingerws/linger/websocket/driver"
)

// DialOptions returns the options for WebSockets to other servers. The connections are in half-open mode, because the
// script decides about the answer to the peer's Close.
func (c *Client) DialOptions() *driver.DialOptions {
	opts := &driver.DialOptions{
		Options:          c.opts.WebSocket,
		Proxy:            driver.NoProxy,
		NetDial:          c.opts.Rules.Dial,
		TLSConfig:        c.opts.TLSConfig,
		HandshakeTimeout: c.opts.Timeout,
		Header:           http.Header{"User-Agent": {userAgent}},
	}
	opts.HalfOpen = true
	return opts
}

// dial opens a WebSocket, following redirects. An answer other than 101 is returned as that of a plain request would be.
func (c *Client) dial(ctx context.Context, r *Request) (*Answer, error) {
	opts := c.DialOptions()
	opts.MaxRefusal = int(c.opts.MaxBody)
	r.prepareHandshake(opts)
	for {
		conn, header, err := driver.Dial(ctx, r.shownURL(), opts)
		if err == nil {
			return &Answer{
				Status: http.StatusSwitchingProtocols, StatusText: "Switching Protocols", Header: header,
				URL: r.shownURL(), Redirected: r.redirects > 0, Conn: conn,
			}, nil
		}
		answer, redirected, err := r.refused(err, c.opts.MaxBody)
		if !redirected {
			return answer, err
		}
		opts.Header = r.header
	}
}

// prepareHandshake moves the fields of the opening handshake from the header to opts. The script may choose the
// subprotocols and the origin; other fields of the handshake are removed.
func (r *Request) prepareHandshake(opts *driver.DialOptions) {
	opts.Origin = r.header.Get("Origin")
	for _, list := range r.header.Values("Sec-Websocket-Protocol") {
		for name := range strings.SplitSeq(list, ",") {
			opts.Subprotocols = append(opts.Subprotocols, strings.TrimSpace(name))
		}
	}
	r.header.Del("Origin")
	for name := range r.header {
		if strings.HasPrefix(name, "Sec-Websocket-") {
			r.header.Del(name)
		}
	}
	opts.Header = r.header
}

// refused returns the answer with which a server has refused the handshake. If the answer is a redirect to be followed,
// refused changes the request and returns true instead.
func (r *Request) refused(err error, limit int64) (answer *Answer, again bool, _ error) {
	failed, ok := errors.AsType[*driver.DialError](err)
	if !ok || failed.Phase != driver.PhaseCheck || failed.Status == http.StatusSwitchingProtocols {
		return nil, false, err
	}
	again, err = r.followRedirect(&http.Response{StatusCode: failed.Status, Header: failed.Header})
	switch {
	case err != nil || again:
		return nil, again, err
	}
	answer, err = refusedAnswer(r, failed, limit)
	return answer, false, err
}

// Subprotocol returns the subprotocol that a server has selected in the header of an answer with 101, "" if there is none.
func Subprotocol(h http.Header) string { return h.Get("Sec-Websocket-Protocol") }

// Extensions returns the extensions in the header of an answer with 101, separated by commas.
func Extensions(h http.Header) string {
	return strings.Join(h.Values("Sec-Websocket-Extensions"), ", ")
}
