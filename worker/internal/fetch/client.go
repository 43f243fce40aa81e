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

// Options configure a Client. All fields except TLSConfig must be set.
type Options struct {
	Rules     egress.Rules   // the targets that may be reached
	TLSConfig *tls.Config    // nil for the default configuration
	Timeout   time.Duration  // the time for the header of an answer, or for the opening handshake of a WebSocket
	MaxBody   int64          // the limit in bytes of the body of an answer that refuses a WebSocket
	WebSocket driver.Options // the options of WebSockets to other servers
}

// Bounds of the connections that fetches share.
const (
	maxIdleConnections = 100
	idleConnectionTime = 90 * time.Second
	maxAnswerHeader    = 64 << 10 // bytes
)

// Client sends requests. Requests to the same origin share connections. It is safe for concurrent use.
type Client struct {
	opts      Options
	transport *http.Transport
}

// NewClient returns a Client. It ignores the proxies in the environment, because the rules apply to the address that
// is dialled.
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

// Close closes the idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Do sends a request, follows redirects, and returns the answer when its header has arrived. ctx must not end before the body
// has been read. If the request asks for a WebSocket and the server accepts it, the answer has a connection, which belongs to
// the caller.
func (c *Client) Do(ctx context.Context, r *Request) (*Answer, error) {
	if r.upgrade {
		return c.dial(ctx, r)
	}
	for {
		request, err := r.request(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := c.roundTrip(ctx, r, request) //nolint:bodyclose // the caller or discard closes it
		if err != nil {
			return nil, err
		}
		redirected, err := r.followRedirect(answer)
		if err == nil && !redirected {
			return newAnswer(r, answer), nil
		}
		discard(answer.Body)
		if err != nil {
			return nil, err
		}
	}
}

// roundTrip sends a request to a server, or to the handler of r.
func (c *Client) roundTrip(ctx context.Context, r *Request, request *http.Request) (*http.Response, error) {
	if r.handler != nil {
		return serveLocal(ctx, r.handler, request)
	}
	return c.transport.RoundTrip(request)
}

// discard closes a body that is not needed. It reads up to 4 KiB of it first, so that the connection can be used
// again.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 4<<10)
	_ = body.Close()
}
