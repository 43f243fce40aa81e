package websocket

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol/handshake"
)

// asked is a request that a test server has read.
type asked struct {
	*http.Request
	text string // the bytes of the request
}

// readAsked reads a request.
func readAsked(nc net.Conn) (asked, error) {
	var text strings.Builder
	r, err := http.ReadRequest(bufio.NewReaderSize(io.TeeReader(nc, &text), 16))
	return asked{r, text.String()}, err
}

// switched returns a valid response to the request, with additional fields.
func (a asked) switched(fields ...string) string {
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		handshake.Accept(a.Header.Get("Sec-WebSocket-Key")) + "\r\n"
	for _, f := range fields {
		head += f + "\r\n"
	}
	return head + "\r\n"
}

// answering returns a NetDial that connects to a server in memory, which reads a request and
// calls answer. The connection stays open after that.
func answering(answer func(nc net.Conn, a asked)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		a, b := memconn.Pipe()
		go func() {
			if request, err := readAsked(b); err == nil {
				answer(b, request)
			}
		}()
		return a, nil
	}
}

// responding returns an answer that writes text, in which ACCEPT stands for the right value
// of Sec-WebSocket-Accept.
func responding(text string) func(net.Conn, asked) {
	return func(nc net.Conn, a asked) {
		accept := handshake.Accept(a.Header.Get("Sec-WebSocket-Key"))
		_, _ = io.WriteString(nc, strings.ReplaceAll(text, "ACCEPT", accept))
	}
}

// switching writes a valid response.
func switching(nc net.Conn, a asked) { _, _ = io.WriteString(nc, a.switched()) }

// direct returns options for a dial without a proxy.
func direct(opts DialOptions) *DialOptions {
	opts.Proxy = NoProxy
	opts.KeepAlive = -1
	return &opts
}

// wantDialError fails unless err is that of a dial which failed in that phase.
func wantDialError(t testing.TB, err error, phase DialPhase) *DialError {
	t.Helper()
	failure, ok := errors.AsType[*DialError](err)
	if !ok {
		t.Fatalf("a dial must fail with a *DialError in phase %q; got %v", phase, err)
	}
	if failure.Phase != phase {
		t.Fatalf("the dial must fail in phase %q; got %q: %v", phase, failure.Phase, err)
	}
	return failure
}
