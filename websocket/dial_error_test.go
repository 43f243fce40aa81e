package websocket

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/websocket/internal/opening"
)

// waiting is a NetDial that never connects.
func waiting(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// silent is a NetDial to a peer that reads everything and sends nothing.
func silent(context.Context, string, string) (net.Conn, error) {
	a, b := memconn.Pipe()
	go func() { _, _ = io.Copy(io.Discard, b) }()
	return a, nil
}

// unread is a NetDial to a peer that reads nothing.
func unread(context.Context, string, string) (net.Conn, error) {
	a, b := memconn.Pipe()
	b.SetCapacity(10)
	return a, nil
}

// dripping is a NetDial to a server that sends a byte of its response each second.
var dripping = answering(func(nc net.Conn, _ asked) {
	for _, err := io.WriteString(nc, "HTTP/1.1 200 OK\r\n"); err == nil; _, err = io.WriteString(nc, "A") {
		time.Sleep(time.Second)
	}
})

// stuckDials are dials that wait for ever, in each phase.
var stuckDials = map[string]struct {
	url   string
	opts  DialOptions
	phase DialPhase
}{
	"the server is not reached":        {"ws://x", DialOptions{NetDial: waiting}, PhaseDial},
	"Connect does not return":          {"ws://x", DialOptions{Connect: func(ctx context.Context, _ *url.URL) (net.Conn, error) { return waiting(ctx, "", "") }}, PhaseDial},
	"the proxy is not reached":         {"ws://x", DialOptions{NetDial: waiting, Proxy: proxyAt("http://p")}, PhaseProxy},
	"the proxy does not answer":        {"ws://x", DialOptions{NetDial: silent, Proxy: proxyAt("http://p")}, PhaseProxy},
	"the proxy does not read":          {"ws://x", DialOptions{NetDial: unread, Proxy: proxyAt("http://p")}, PhaseProxy},
	"the proxy makes no TLS handshake": {"ws://x", DialOptions{NetDial: silent, Proxy: proxyAt("https://p")}, PhaseProxy},
	"the server makes no handshake":    {"wss://x", DialOptions{NetDial: silent}, PhaseTLS},
	"the server does not read":         {"ws://x", DialOptions{NetDial: unread}, PhaseWrite},
	"the server does not answer":       {"ws://x", DialOptions{NetDial: silent}, PhaseResponse},
	"the response never ends":          {"ws://x", DialOptions{NetDial: dripping}, PhaseResponse},
}

func proxyAt(text string) func(*http.Request) (*url.URL, error) {
	return func(*http.Request) (*url.URL, error) { return url.Parse(text) }
}

func TestDialTimeout(t *testing.T) {
	mine := errors.New("the user went away")
	for name, c := range stuckDials {
		if c.opts.Proxy == nil {
			c.opts.Proxy = NoProxy
		}
		for by, cut := range map[string]struct {
			ctx     func(context.Context) (context.Context, context.CancelFunc)
			timeout time.Duration
			after   time.Duration
			is      []error
		}{
			"the default": {context.WithCancel, 0, 30 * time.Second, []error{context.DeadlineExceeded, opening.ErrTimeout}},
			"the option":  {context.WithCancel, time.Minute, time.Minute, []error{context.DeadlineExceeded, opening.ErrTimeout}},
			"a deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 3*time.Second)
			}, 0, 3 * time.Second, []error{context.DeadlineExceeded}},
			"a cancellation": {func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancelCause(ctx)
				stop := time.AfterFunc(time.Second, func() { cancel(mine) })
				return ctx, func() { stop.Stop() }
			}, 0, time.Second, []error{context.Canceled, mine}},
		} {
			t.Run(name+", by "+by, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := cut.ctx(t.Context())
					defer cancel()
					opts := c.opts
					opts.HandshakeTimeout = cut.timeout
					start := time.Now()
					_, err := Dial(ctx, c.url, &opts)
					_ = wantDialError(t, err, c.phase)
					if took := time.Since(start); took != cut.after {
						t.Errorf("the dial must end after %v; it took %v", cut.after, took)
					}
					for _, is := range cut.is {
						if !errors.Is(err, is) {
							t.Errorf("the error must wrap %q; got %v", is, err)
						}
					}
					if e, ok := errors.AsType[net.Error](err); errors.Is(cut.is[0], context.DeadlineExceeded) && (!ok || !e.Timeout()) {
						t.Errorf("the error of a deadline must be a timeout; got %v", err)
					}
					time.Sleep(time.Minute) // until the server has ended
				})
			})
		}
	}
}

func TestDialEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, opts := range []DialOptions{{}, {NetDial: answering(switching)}} {
		if _, err := Dial(ctx, "ws://127.0.0.1:1", direct(opts)); !errors.Is(err, context.Canceled) {
			t.Errorf("the error must be that of the context; got %v", err)
		}
	}
}

func TestDialErrorOfSystemDeadline(t *testing.T) {
	_, err := Dial(t.Context(), "ws://x", direct(DialOptions{NetDial: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
	}}))
	if _ = wantDialError(t, err, PhaseDial); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an expired deadline of the system must count as that of the context; got %v", err)
	}
}

func TestDialErrorContainsNoPassword(t *testing.T) {
	_, err := Dial(t.Context(), "ws://user:secret@example.com/x", direct(DialOptions{NetDial: func(context.Context, string, string) (net.Conn, error) {
		return nil, io.ErrClosedPipe
	}}))
	want := "websocket: dial ws://example.com/x: dial: io: read/write on closed pipe"
	if err.Error() != want {
		t.Errorf("the error must be %q; got %q", want, err)
	}
}

func TestDialErrorUnwrap(t *testing.T) {
	reset := func(context.Context, string, string) (net.Conn, error) {
		a, b := memconn.Pipe()
		b.Reset()
		return a, nil
	}
	_, err := Dial(t.Context(), "ws://x", direct(DialOptions{NetDial: reset}))
	_ = wantDialError(t, err, PhaseWrite)
	ended := answering(func(nc net.Conn, _ asked) { _ = nc.Close() })
	_, err = Dial(t.Context(), "ws://x", direct(DialOptions{NetDial: ended}))
	if _ = wantDialError(t, err, PhaseResponse); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("without a response the error must be io.ErrUnexpectedEOF; got %v", err)
	}
}
