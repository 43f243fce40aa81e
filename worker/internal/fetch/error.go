package fetch

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/egress"
	"github.com/lingerws/linger/worker/internal/web/contentcoding"
)

// Error is a failure of a request. Its text contains nothing that must be hidden from scripts.
type Error struct{ Text string }

// Error returns Text.
func (e *Error) Error() string { return e.Text }

// ErrTimeout is the cause with which the context of a fetch ends if no answer has arrived within Options.Timeout.
var ErrTimeout = errors.New("fetch timeout")

var (
	errRedirected   = &Error{`the server redirects, and the request's redirect is "error"`}
	errUnrepeatable = &Error{"the server redirects a request whose body is a stream, which cannot be sent again: send a body that is complete"}
	errRedirects    = &Error{"the server redirects more than 20 times"}
	errLocation     = &Error{"the server redirects to something other than a URL with the scheme http or https"}
	errCredentials  = &Error{"the server redirects to a URL with a user name or a password"}
	errIncomplete   = &Error{connectionLost}
)

const connectionLost = "the connection was lost before the answer was complete"

// Explain returns the message of the exception that a script gets when a fetch of host has failed with err.
func (c *Client) Explain(host string, err error) string {
	switch {
	case errors.Is(err, ErrTimeout):
		return "fetch of " + host + " failed: no answer arrived within " + c.opts.Timeout.String()
	case errors.Is(err, ErrStalled):
		return "fetch of " + host + " failed: its body made no progress for " + c.opts.Timeout.String()
	}
	return "fetch of " + host + " failed: " + explain(err)
}

// ExplainBody returns the message of the exception that a script gets when the body of an answer of host has failed with err.
func (c *Client) ExplainBody(host string, err error) string {
	if errors.Is(err, ErrStalled) {
		return c.Explain(host, err)
	}
	text, ok := publicText(err)
	if !ok {
		text = connectionLost
	}
	return "fetch of " + host + " failed: " + text
}

// ExplainDial returns why a WebSocket could not be opened, for the script.
func ExplainDial(err error) string {
	if failed, ok := errors.AsType[*driver.DialError](err); ok && failed.Status != 0 && failed.Status != http.StatusSwitchingProtocols {
		return fmt.Sprintf("the server answered with the status %d instead of 101", failed.Status)
	}
	return explain(err)
}

// WithoutURL returns err without its URL, whose query may contain secrets.
func WithoutURL(err error) error {
	if failed, ok := errors.AsType[*driver.DialError](err); ok {
		return failed.Err
	}
	return err
}

// explain returns why a server was not reached or has not answered. It omits details in errors of the system, such as
// addresses, which are only for the log.
func explain(err error) string {
	if text, ok := publicText(err); ok {
		return text
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the server's certificate is not trusted: " + bad.Err.Error()
	}
	if lookup, ok := errors.AsType[*net.DNSError](err); ok && lookup.IsNotFound {
		return "there is no host of this name"
	} else if ok {
		return "the name of the host could not be looked up"
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return "the server was not reached in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return connectionLost
	}
	return "the server was not reached, or its answer is not valid HTTP"
}

// publicText returns the text of an error that comes from this module, not from the system.
func publicText(err error) (text string, ok bool) {
	if failed, ok := errors.AsType[*Error](err); ok {
		return failed.Text, true
	}
	if bad, ok := errors.AsType[*handshake.Failure](err); ok {
		return bad.Text, true
	}
	if wrong, ok := errors.AsType[*protocol.Misuse](err); ok {
		return wrong.Got, true
	}
	if denied, ok := errors.AsType[*egress.DeniedError](err); ok {
		return denied.Error(), true
	}
	if bad, ok := errors.AsType[*contentcoding.Error](err); ok {
		return bad.Error(), true
	}
	return "", false
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
