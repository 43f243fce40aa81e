package fetch

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"time"

	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/egress"
)

// Options are the bounds and rules of a Client. All of them have to be set, except TLSConfig.
type Options struct {
	Rules     egress.Rules
	TLSConfig *tls.Config    // nil for the default configuration
	Timeout   time.Duration  // of a fetch, and of the opening handshake of a WebSocket
	MaxBody   int64          // bytes in the body of an answer, after its content codings are undone
	WebSocket driver.Options // of WebSockets to other servers
}

// Bounds of the connections that fetches share.
const (
	maxIdleConnections = 100
	idleConnectionTime = 90 * time.Second
	maxAnswerHeader    = 64 << 10 // bytes
)

// Client sends requests. Fetches of one origin share connections. It is safe for concurrent use.
type Client struct {
	opts      Options
	transport *http.Transport
}

// NewClient returns a Client. It ignores the proxies in the environment, since the rules apply to the address
// that is dialled.
func NewClient(opts Options) *Client {
	return &Client{opts, &http.Transport{
		DialContext:            opts.Rules.Dial,
		TLSClientConfig:        opts.TLSConfig,
		TLSHandshakeTimeout:    egress.Timeout,
		DisableCompression:     true, // Request.offerCodings requests the codings that Answer.decode and the script undo
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           maxIdleConnections,
		IdleConnTimeout:        idleConnectionTime,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}}
}

// Close closes the connections that are idle.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Do sends a request, follows its redirects, and returns the whole answer. If the request asks for a WebSocket and
// the server agrees, the answer has a connection, which belongs to the caller.
func (c *Client) Do(ctx context.Context, r *Request) (*Answer, error) {
	if r.upgrade {
		return c.open(ctx, r)
	}
	for {
		request, err := r.request(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := c.transport.RoundTrip(request) //nolint:bodyclose // readAnswer and discard close it
		if err != nil {
			return nil, err
		}
		again, err := r.redirected(answer)
		if err == nil && !again {
			return readAnswer(answer, r, c.opts.MaxBody)
		}
		discard(answer.Body)
		if err != nil {
			return nil, err
		}
	}
}

// discard closes a body that is not needed. It reads a little of it first, so that the connection can be used for
// the next request.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 4<<10)
	_ = body.Close()
}
