// Package opening implements the client's side of the opening handshake (RFC 6455, section 4.1): it connects to the server,
// through a proxy if there is one, sends the request, follows redirects, and checks the response. The result is a transport
// on which frames can be sent.
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

// Request contains the request and how the server is reached. driver.DialOptions has fields with the same names, and
// documents them.
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

	// Agree is called with the extensions in the server's response, each of which was offered. The handshake fails with
	// the error that it returns. nil accepts all of them.
	Agree func(answer []handshake.Extension) error
}

// Result is the result of an opening handshake that has succeeded.
type Result struct {
	Conn   net.Conn    // the transport; it belongs to the caller
	Early  []byte      // bytes that arrived after the response, in the same segment
	Header http.Header // of the response
}

// Phase is the step at which an opening handshake has failed. driver.DialPhase documents the values.
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

// Failure is the error of an opening handshake. driver.DialError has fields with the same names, and documents them.
type Failure struct {
	Phase  Phase
	URL    string
	Status int
	Header http.Header
	Body   []byte
	Cut    bool
	Err    error
}

// DefaultTimeout is the bound of a handshake whose Request.HandshakeTimeout is 0.
const DefaultTimeout = 30 * time.Second

// ErrTimeout is the cause of a handshake that took longer than Request.HandshakeTimeout. It wraps the same error as a
// deadline of the caller's context.
var ErrTimeout = fmt.Errorf("the opening handshake took longer than DialOptions.HandshakeTimeout: %w",
	context.DeadlineExceeded)

// Open makes the opening handshake with the server of a URL with the scheme ws, wss, http or https. It follows at most
// MaxRedirects redirects. ctx bounds the handshake, and not the use of the transport.
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
	failure.addContextError(ctx)
	return nil, failure
}

// addContextError adds the error of the context to the failure if the context ended the handshake: the error of the
// transport is only a consequence of that. It does not change a failure with a response.
func (f *Failure) addContextError(ctx context.Context) {
	if f.Status != 0 || f.Phase == PhaseRequest {
		return
	}
	switch ended, cause := ctx.Err(), context.Cause(ctx); {
	case ended == nil && errors.Is(f.Err, os.ErrDeadlineExceeded):
		// A dialer passes the deadline of the context to the kernel, whose timer may expire a little earlier.
		f.Err = fmt.Errorf("%w: %w", context.DeadlineExceeded, f.Err)
	case ended == nil:
	case errors.Is(cause, ended):
		f.Err = fmt.Errorf("%w: %w", cause, f.Err)
	default: // the caller's cause does not wrap the context's error
		f.Err = fmt.Errorf("%w: %w: %w", ended, cause, f.Err)
	}
}
