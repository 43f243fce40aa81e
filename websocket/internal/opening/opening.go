// Package opening makes the client's side of the opening handshake of RFC 6455, section 4.1: it connects to the server,
// through a proxy if there is one, sends the request, follows redirects, and checks the answer. The result is a transport
// on which the WebSocket begins; what runs on it is left to the caller.
//
// [Open] takes a [Request]. It returns a [Result], or a [Failure] that leaves nothing open:
//
//	result, failure := opening.Open(ctx, "ws://localhost/", &opening.Request{})
package opening

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/lingerws/linger/protocol/handshake"
)

// Request describes what is asked of the server and how it is reached. driver.DialOptions, whose fields have the same
// names, documents them.
type Request struct {
	Header           http.Header
	Host             string
	Origin           string
	Subprotocols     []string
	Proxy            func(*http.Request) (*url.URL, error)
	NetDial          func(ctx context.Context, network, addr string) (net.Conn, error)
	TLSConfig        *tls.Config
	Connect          func(ctx context.Context, target *url.URL) (net.Conn, error)
	MaxRedirects     int
	MaxRefusal       int
	Refused          func(*http.Response)
	HandshakeTimeout time.Duration

	// Extensions are offered to the server.
	Extensions []handshake.Extension

	// Agree is called with the extensions in the server's answer, each of which was offered. The handshake fails with
	// the error that it returns. nil accepts them all.
	Agree func(answer []handshake.Extension) error
}

// Result is an opening handshake that has succeeded.
type Result struct {
	Conn   net.Conn    // the transport; it belongs to the caller
	Early  []byte      // bytes of the WebSocket that arrived together with the answer
	Header http.Header // of the answer
}

// Phase is how far an opening handshake came before it failed. driver.DialPhase documents the values.
type Phase string

// The phases, in order.
const (
	PhaseRequest  Phase = "request"
	PhaseDial     Phase = "dial"
	PhaseProxy    Phase = "proxy"
	PhaseTLS      Phase = "tls"
	PhaseWrite    Phase = "write"
	PhaseResponse Phase = "response"
	PhaseCheck    Phase = "check"
)

// Failure is an opening handshake that has failed. driver.DialError, whose fields have the same names, documents them.
type Failure struct {
	Phase  Phase
	URL    string
	Status int
	Header http.Header
	Body   []byte
	Cut    bool
	Err    error
}

// DefaultTimeout bounds a handshake whose Request.HandshakeTimeout is 0.
const DefaultTimeout = 30 * time.Second

// ErrTimeout is the cause of a handshake that took longer than Request.HandshakeTimeout. Only its text differs from a
// deadline of the caller's own.
var ErrTimeout = fmt.Errorf("the opening handshake took longer than DialOptions.HandshakeTimeout: %w",
	context.DeadlineExceeded)

// Open opens a WebSocket to a URL with the scheme ws, wss, http or https, along redirects if they may be followed. ctx
// ends the handshake, not the transport that it returns.
func Open(ctx context.Context, rawURL string, request *Request) (*Result, *Failure) {
	bound := cmp.Or(max(request.HandshakeTimeout, 0), DefaultTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, bound, ErrTimeout)
	defer cancel()
	h, failure := firstHop(rawURL, request)
	for followed := 0; failure == nil; followed++ {
		var result *Result
		if result, failure = h.open(ctx); failure == nil {
			return result, nil
		}
		h, failure = h.redirected(failure, followed)
	}
	failure.explain(ctx)
	return nil, failure
}

// explain adds the end of the context to the failure if that ended the handshake: any other error is then only its
// consequence. A failure for which an answer arrived stays as it is.
func (f *Failure) explain(ctx context.Context) {
	if f.Status != 0 || f.Phase == PhaseRequest {
		return
	}
	switch ended, cause := ctx.Err(), context.Cause(ctx); {
	case ended == nil && errors.Is(f.Err, os.ErrDeadlineExceeded):
		// A dialer passes the deadline of the context to the system, whose timer may expire a little earlier.
		f.Err = fmt.Errorf("%w: %w", context.DeadlineExceeded, f.Err)
	case ended == nil:
	case errors.Is(cause, ended):
		f.Err = fmt.Errorf("%w: %w", cause, f.Err)
	default: // the caller has set a cause of its own
		f.Err = fmt.Errorf("%w: %w: %w", ended, cause, f.Err)
	}
}
