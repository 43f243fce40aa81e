package driver

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/internal/opening"
)

// DialOptions configure how a server is reached and what the request contains. The zero value
// offers no subprotocol, follows no redirects, uses the proxy of the environment, and selects
// the defaults of [Options].
type DialOptions struct {
	Options

	// Header is added to the request, for instance cookies or Authorization. Fields of the
	// handshake are refused, including Host and Origin, for which there are options.
	// User-Agent is "linger" unless it is in Header; it is not sent if it has no value there.
	Header http.Header

	// Host is the value of the Host field; empty means the host of the URL.
	Host string

	// Origin is the origin of a web page (RFC 6455, section 4.1); clients other than browsers
	// need none. If it is empty the field is not sent.
	Origin string

	// Subprotocols are offered in this order, the preferred one first.
	Subprotocols []string

	// Proxy returns the proxy for a request, whose URL has the scheme http or https; a nil URL
	// means no proxy. nil means [http.ProxyFromEnvironment]; [http.ProxyURL] and [NoProxy] are
	// other choices. With the schemes http and https the proxy opens a tunnel with CONNECT.
	// With socks5 and socks5h, which are synonyms, it opens one with SOCKS version 5, and
	// resolves the name of the server. A user name and password in its URL are sent to it.
	Proxy func(*http.Request) (*url.URL, error)

	// NetDial opens the TCP connection to the server or the proxy; nil means the DialContext of a
	// zero [net.Dialer]. It must return when its context ends.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)

	// TLSConfig is used for wss and for proxies with the scheme https; nil means the default. A
	// copy of it is used, in which ServerName is set if it is empty, and NextProtos to
	// http/1.1, the only version for which the handshake is implemented.
	TLSConfig *tls.Config

	// Connect replaces NetDial, Proxy and TLSConfig: it returns a transport on which the request
	// is written. Its URL has the scheme ws or wss and no user name and password. It must
	// return when its context ends.
	Connect func(ctx context.Context, target *url.URL) (net.Conn, error)

	// MaxRedirects is how many redirects are followed; 0 means none. Authorization and cookies
	// are only sent to the first scheme, host and port. Redirects from wss to ws are not
	// followed.
	MaxRedirects int

	// MaxRefusal is how many bytes of the body of a refusal a [DialError] contains at most; 0
	// means 1 KiB, for which Dial waits at most a second. For other values it waits until
	// HandshakeTimeout.
	MaxRefusal int

	// Refused, if not nil, is called with a response that refuses the request, and can read its
	// complete body; MaxRefusal is ignored and DialError.Body is empty then. Reading the body
	// fails after HandshakeTimeout, and after Refused has returned. It is not called for a
	// redirect that may be followed.
	Refused func(*http.Response)

	// HandshakeTimeout bounds the opening handshake, including redirects and the body of a
	// refusal; 0 means 30 s. The context may end it earlier.
	HandshakeTimeout time.Duration
}

// NoProxy is a value for DialOptions.Proxy: the server is reached directly, even if the
// environment names a proxy.
func NoProxy(*http.Request) (*url.URL, error) { return nil, nil }

// Dial opens a connection to a URL with the scheme ws or wss; http and https are synonyms. A user name and password in the
// URL are sent as Basic authorization. It returns the connection, which [Driver.Start] starts, and the header of the response,
// which contains the agreed subprotocol and cookies. ctx bounds the opening handshake, not the connection. Every error is a
// *[DialError]; nothing is left open then. opts may be nil.
func Dial(ctx context.Context, url string, opts *DialOptions) (*Driver, http.Header, error) {
	if opts == nil {
		opts = &DialOptions{}
	}
	var agreed terms
	opened, failure := opening.Open(ctx, url, &opening.Request{
		Header:       opts.Header,
		Host:         opts.Host,
		Origin:       opts.Origin,
		Subprotocols: opts.Subprotocols,
		Extensions:   offer(&opts.Options),
		Agree: func(answer []handshake.Extension) (err error) {
			agreed, err = settleTerms(answer, &opts.Options)
			return err
		},
		Proxy:            opts.Proxy,
		NetDial:          opts.NetDial,
		TLSConfig:        opts.TLSConfig,
		Connect:          opts.Connect,
		MaxRedirects:     opts.MaxRedirects,
		MaxRefusal:       opts.MaxRefusal,
		Refused:          opts.Refused,
		HandshakeTimeout: opts.HandshakeTimeout,
	})
	if failure != nil {
		return nil, nil, dialError(failure)
	}
	d := newDriver(newTransport(opened.Conn, &opts.Options), protocol.Client, opened.Early, opts.Options, agreed)
	return d, opened.Header, nil
}

// ParseURL parses a URL, and applies the rules of [Dial] to it. It does not change the schemes http and https. The error is a
// *[protocol.Misuse].
func ParseURL(text string) (*url.URL, error) { return opening.ParseURL(text) }

// DialPhase is the step at which an opening handshake failed. The identifiers are stable.
type DialPhase string

// The phases, in order.
const (
	PhaseRequest  = DialPhase(opening.PhaseRequest)  // the URL or the options are not valid; the error is a *[protocol.Misuse]
	PhaseDial     = DialPhase(opening.PhaseDial)     // the server could not be reached
	PhaseProxy    = DialPhase(opening.PhaseProxy)    // the proxy could not be reached, or did not open a tunnel
	PhaseTLS      = DialPhase(opening.PhaseTLS)      // the TLS handshake with the server failed
	PhaseWrite    = DialPhase(opening.PhaseWrite)    // the request could not be written
	PhaseResponse = DialPhase(opening.PhaseResponse) // no response arrived, or it is malformed
	PhaseCheck    = DialPhase(opening.PhaseCheck)    // the response does not open a WebSocket; usually the error is a *[handshake.Failure]
)

// DialError is the error of an opening handshake. Nothing is left open.
type DialError struct {
	Phase  DialPhase
	URL    string      // of the request that failed, without name and password; empty if it cannot be parsed
	Status int         // of the response of the server or the proxy; 0 if none arrived
	Header http.Header // of that response
	Body   []byte      // the start of its body, limited by DialOptions.MaxRefusal
	Cut    bool        // Body is incomplete
	Err    error       // the cause
}

// Error returns the URL, the phase and the cause.
func (e *DialError) Error() string {
	text := "websocket: dial"
	if e.URL != "" {
		text += " " + e.URL
	}
	return text + ": " + string(e.Phase) + ": " + e.Err.Error()
}

// Unwrap returns the cause. If a context or the handshake timeout ended the
// handshake, it wraps context.Canceled or context.DeadlineExceeded.
func (e *DialError) Unwrap() error { return e.Err }

func dialError(f *opening.Failure) *DialError {
	return &DialError{DialPhase(f.Phase), f.URL, f.Status, f.Header, f.Body, f.Cut, f.Err}
}
