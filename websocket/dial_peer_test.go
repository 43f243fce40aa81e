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

// asked is a request as a server of these tests has read it.
type asked struct {
	*http.Request
	text string // as it came
}

// readAsked reads a request.
func readAsked(nc net.Conn) (asked, error) {
	var text strings.Builder
	r, err := http.ReadRequest(bufio.NewReaderSize(io.TeeReader(nc, &text), 16))
	return asked{r, text.String()}, err
}

// switched is a right answer to the request, and fields that it has beside.
func (a asked) switched(fields ...string) string {
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		handshake.Accept(a.Header.Get("Sec-WebSocket-Key")) + "\r\n"
	for _, f := range fields {
		head += f + "\r\n"
	}
	return head + "\r\n"
}

// answering returns a NetDial that leads to a server in memory, which reads a
// request and goes on with answer. The connection stays open behind that.
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

// saying is an answer that is the same text each time; ACCEPT stands for the right
// value of Sec-WebSocket-Accept.
func saying(text string) func(net.Conn, asked) {
	return func(nc net.Conn, a asked) {
		accept := handshake.Accept(a.Header.Get("Sec-WebSocket-Key"))
		_, _ = io.WriteString(nc, strings.ReplaceAll(text, "ACCEPT", accept))
	}
}

// switching is a right answer.
func switching(nc net.Conn, a asked) { _, _ = io.WriteString(nc, a.switched()) }

// direct is a way to a server that goes through no proxy.
func direct(opts DialOptions) *DialOptions {
	opts.Proxy = NoProxy
	opts.KeepAlive = -1
	return &opts
}

// wantDialError fails unless a dial failed in that phase.
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
