package websocket

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/opening"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// FuzzDialResponse lets servers respond with any bytes, in which ACCEPT stands for the right
// value. Dial must return a connection, or a typed error within its bounds. synctest fails if
// a goroutine is left.
func FuzzDialResponse(f *testing.F) {
	f.Add([]byte(goodAnswer+"Sec-WebSocket-Protocol: a\r\n\r\n\x81\x01x\x88\x00"), true)
	for _, c := range wrongAnswers {
		f.Add([]byte(c.answer), false)
	}
	for _, c := range bodies {
		f.Add([]byte(c.answer), true)
	}
	f.Add([]byte(goodAnswer+"\r\n\x30"), false) // a violation, from a server that does not end TCP
	f.Add([]byte("HTTP/1.1 302 Go\r\nLocation: wss://a:b@c/#d\r\n\r\n"), true)
	f.Fuzz(func(t *testing.T, answer []byte, ends bool) {
		synctest.Test(t, func(t *testing.T) { dialAnswered(t, answer, ends) })
	})
}

func dialAnswered(t *testing.T, answer []byte, ends bool) {
	opts := direct(DialOptions{Subprotocols: []string{"a", "b"}, Options: Options{OfferHalfClose: true}, MaxRedirects: 2})
	opts.TLSConfig = wiretest.ClientConfig()
	opts.NetDial = func(_ context.Context, _, _ string) (net.Conn, error) {
		return answering(func(nc net.Conn, a asked) {
			accept := handshake.Accept(a.Header.Get("Sec-WebSocket-Key"))
			_, _ = nc.Write(bytes.ReplaceAll(answer, []byte("ACCEPT"), []byte(accept)))
			if ends {
				_ = nc.(interface{ CloseWrite() error }).CloseWrite()
			}
			_, _ = io.Copy(io.Discard, nc)
			_ = nc.Close()
		})(context.Background(), "", "")
	}
	start := time.Now()
	d, _, err := driver.Dial(t.Context(), "ws://example.com", opts)
	if took := time.Since(start); took > opening.DefaultTimeout {
		t.Errorf("a dial must end within %v; it took %v", opening.DefaultTimeout, took)
	}
	if err != nil {
		wantBoundedError(t, err)
		return
	}
	e := newEnds()
	d.Start(e)
	synctest.Wait()
	d.CloseNow()
	<-d.Done() // after a violation this includes the lingering close
	synctest.Wait()
	if len(e.end) != 1 || d.State() != protocol.StateClosed {
		t.Errorf("an opened connection must end with one terminal event; got %d, and state %v", len(e.end), d.State())
	}
}

func wantBoundedError(t *testing.T, err error) {
	failure, ok := err.(*DialError) //nolint:errorlint // it must not be wrapped
	switch {
	case !ok:
		t.Errorf("every error must be a *DialError; got %T %v", err, err)
	case len(failure.Body) > opening.MaxBody:
		t.Errorf("at most %d bytes of a body may be kept; got %d", opening.MaxBody, len(failure.Body))
	case len(err.Error()) > 2000:
		t.Errorf("the text of an error may have at most 2000 bytes; got %d", len(err.Error()))
	}
	size := 0
	for name, values := range failure.Header {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if size > opening.MaxHead {
		t.Errorf("a header may have at most %d bytes; got %d", opening.MaxHead, size)
	}
}
