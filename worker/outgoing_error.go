package worker

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/worker/internal/egress"
	"github.com/lingerws/linger/worker/internal/web/contentcoding"
)

// explainFetch says what a script is told of a fetch that failed.
func (a *App) explainFetch(host string, err error) string {
	if errors.Is(err, errFetchTimeout) {
		return "fetch of " + host + " failed: no whole answer came within " + a.opts.FetchTimeout.String()
	}
	return "fetch of " + host + " failed: " + explain(err)
}

// explain says why a server was not reached, or has not answered. What the machine's
// own errors tell beyond that, such as addresses, is for the log only.
func explain(err error) string {
	if text, ok := ownReason(err); ok {
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
		return "the connection was lost before the answer was whole"
	}
	return "the server was not reached, or its answer is not valid HTTP"
}

// ownReason returns the text of an error that was found here, not by the machine.
func ownReason(err error) (text string, ok bool) {
	for _, known := range []error{errRedirected, errRedirects, errLocation, errCredentials, errGivenUp, errCutOff} {
		if errors.Is(err, known) {
			return known.Error(), true
		}
	}
	if many, ok := errors.AsType[*tooManySocketsError](err); ok {
		return many.Error(), true
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
	if large, ok := errors.AsType[*answerTooLargeError](err); ok {
		return large.Error(), true
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
