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

// DialOptions say how a server is reached and what is asked of it. The zero value
// asks for nothing beyond a WebSocket, follows no redirect, takes the proxy from
// the environment, and has the default bounds.
type DialOptions struct {
	Options

	// Header is added to the request: cookies or Authorization, for instance. Fields
	// of the handshake, Host and Origin among them, are refused: they have options of
	// their own or are not the application's to choose. User-Agent is "linger" unless it
	// is in Header; there with no value, it is not sent.
	Header http.Header

	// Host overrides the Host field, which otherwise is that of the URL.
	Host string

	// Origin names the web page that a browser speaks for (RFC 6455, section 4.1);
	// other clients need none. Empty: the field is not sent.
	Origin string

	// Subprotocols are offered in this order, the preferred first.
	Subprotocols []string

	// Proxy chooses the proxy for a request, whose URL has the scheme http or
	// https here; a nil URL means none. nil means [http.ProxyFromEnvironment];
	// [http.ProxyURL] and [NoProxy] are others. A proxy whose URL has the scheme http or
	// https is asked for a tunnel with CONNECT; with socks5 or socks5h, which mean the
	// same, it is asked for one by SOCKS version 5, and finds the address of the server's
	// name itself. It is given the name and password of its URL, if any.
	Proxy func(*http.Request) (*url.URL, error)

	// NetDial opens the TCP connection to the server, or to the proxy; nil means that
	// of a zero [net.Dialer]. It must return when its context ends.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)

	// TLSConfig is for wss, and for proxies reached over TLS; nil means the default. It
	// is not changed: of its copy, ServerName is set if empty, and NextProtos to
	// http/1.1, the only version in which this handshake can be made.
	TLSConfig *tls.Config

	// Connect replaces NetDial, Proxy and TLSConfig: it returns a transport on which
	// the request can be written, for the URL with the scheme ws or wss and without
	// name and password. It must return when its context ends.
	Connect func(ctx context.Context, target *url.URL) (net.Conn, error)

	// MaxRedirects bounds how many redirects are followed; 0 means none. Authorization
	// and cookies go to no other scheme, host or port than the first, and none is
	// followed from wss to ws.
	MaxRedirects int

	// MaxRefusal bounds how much of the body of a refusal a [DialError] holds, in bytes;
	// 0 means 1 KiB, for which a second is waited. More is waited for as long as the
	// handshake may take.
	MaxRefusal int

	// Refused, if set, is called with an answer that is a refusal, to read its body as
	// a whole, whatever MaxRefusal is; DialError.Body stays empty then. A body that is not over when
	// HandshakeTimeout is breaks off with an error, and so does one whose reader has
	// returned. It is not called for a redirect that may be followed.
	Refused func(*http.Response)

	// HandshakeTimeout bounds everything up to the server's answer, redirects and the
	// body of a refusal included; 0 means 30 s. A context that ends sooner comes first.
	HandshakeTimeout time.Duration
}

// NoProxy is a choice for DialOptions.Proxy: the server is reached directly,
// whatever the environment says.
func NoProxy(*http.Request) (*url.URL, error) { return nil, nil }

// Dial opens a WebSocket to a URL with the scheme ws or wss; http and https mean the same. A name and a password in
// it are sent as Basic authorization. It returns the connection, which [Driver.Start] starts, and the header of the
// server's answer, which contains the agreed subprotocol and the server's cookies. ctx ends the opening handshake, not the
// connection. Every error is a *[DialError], and leaves nothing open. opts may be nil.
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

// ParseURL reads a URL as [Dial] does, without dialling it. Its scheme is http or https if text says so. The error is
// a *[protocol.Misuse].
func ParseURL(text string) (*url.URL, error) { return opening.ParseURL(text) }

// DialPhase says how far an opening handshake came. The identifiers are stable.
type DialPhase string

// The phases, in order.
const (
	PhaseRequest  = DialPhase(opening.PhaseRequest)  // the URL or the options make no request; the error is a *[protocol.Misuse]
	PhaseDial     = DialPhase(opening.PhaseDial)     // the server was not reached
	PhaseProxy    = DialPhase(opening.PhaseProxy)    // the proxy was not reached, or gave no tunnel
	PhaseTLS      = DialPhase(opening.PhaseTLS)      // the TLS handshake with the server failed
	PhaseWrite    = DialPhase(opening.PhaseWrite)    // the request could not be written
	PhaseResponse = DialPhase(opening.PhaseResponse) // no answer came that can be read
	PhaseCheck    = DialPhase(opening.PhaseCheck)    // the answer opens no WebSocket; mostly the error is a *[handshake.Failure]
)

// DialError says why an opening handshake failed. Nothing of it is left open.
type DialError struct {
	Phase  DialPhase
	URL    string      // of the request that failed, without name and password; empty if it cannot be parsed
	Status int         // of the answer of the server or the proxy; 0 if none came
	Header http.Header // of that answer
	Body   []byte      // its first bytes, as DialOptions.MaxRefusal says
	Cut    bool        // Body is not all of it: there is more, or it broke off
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
