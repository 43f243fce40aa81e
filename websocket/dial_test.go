package websocket

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// schemes returns the schemes of URLs with or without TLS.
func schemes(secure bool) []string {
	if secure {
		return []string{"wss://", "https://"}
	}
	return []string{"ws://", "http://"}
}

func TestDial(t *testing.T) {
	wiretest.Each(t, func(t *testing.T, secure bool) {
		s := serve(t, secure, &AcceptOptions{Subprotocols: []string{"chat.v2"}}, newEcho)
		for _, scheme := range schemes(secure) {
			c, err := Dial(t.Context(), scheme+s.Addr+"/path", &DialOptions{
				Subprotocols: []string{"chat", "chat.v2"}, TLSConfig: wiretest.ClientConfig()})
			if err != nil {
				t.Fatalf("a dial of %s must succeed; got %v", scheme, err)
			}
			if got := c.Subprotocol(); got != "chat.v2" {
				t.Errorf("the subprotocol must be that of the server; got %q", got)
			}
			wantEcho(t, c, "hello")
			if err := c.Close(protocol.CloseNormal, ""); err != nil {
				t.Errorf("the closing handshake must be clean; got %v", err)
			}
			wantDone(t, s.Accepted(t))
		}
	})
}

func wantEcho(t *testing.T, c *Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), Text, []byte(text)); err != nil {
		t.Fatalf("a message must be written; got %v", err)
	}
	if op, got, err := c.Read(t.Context()); op != Text || string(got) != text || err != nil {
		t.Fatalf("the message %q must come back; got %v %q, %v", text, op, got, err)
	}
}

func TestDriverDialReturnsTheHeader(t *testing.T) {
	s := serve(t, false, &AcceptOptions{Header: http.Header{"Set-Cookie": {"a=1", "b=2"}}}, newEcho)
	d, header, err := driver.Dial(t.Context(), "ws://"+s.Addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := header.Values("Set-Cookie"); len(got) != 2 {
		t.Errorf("all fields of the response must be returned; got %v", header)
	}
	e := newEnds()
	d.Start(e)
	_ = d.Close(4000, "bye")
	e.want(t, `clean, received 4000 "bye", sent 4000 "bye", first local, close`)
	wantDone(t, d)
}

func TestDialRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got asked
		var at string
		opts := direct(DialOptions{
			Header: http.Header{"x-own": {"1", "2"}, "Cookie": {"a=b"}}, Origin: "https://example.com",
			Subprotocols: []string{"a", "b"},
		})
		opts.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			at = network + " " + addr
			return answering(func(nc net.Conn, a asked) { got = a; switching(nc, a) })(ctx, network, addr)
		}
		c, err := Dial(t.Context(), "ws://user:pass%20word@Example.com:80/a%20b?c=d", opts)
		if err != nil {
			t.Fatal(err)
		}
		c.CloseNow()
		key := got.Header.Get("Sec-WebSocket-Key")
		want := "GET /a%20b?c=d HTTP/1.1\r\nHost: Example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a, b\r\n" +
			"Origin: https://example.com\r\nUser-Agent: linger\r\nAuthorization: Basic dXNlcjpwYXNzIHdvcmQ=\r\nCookie: a=b\r\nx-own: 1\r\nx-own: 2\r\n\r\n"
		if got.text != want || at != "tcp Example.com:80" {
			t.Errorf("the request to %q must be\n%s\ngot\n%s", at, want, got.text)
		}
		if len(opts.Header) != 2 {
			t.Errorf("the caller's options must not change; got %v", opts.Header)
		}
	})
}

func TestDialAuthorizationAndHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got asked
		opts := direct(DialOptions{Header: http.Header{"authorization": {"Bearer x"}}, Host: "virtual.example",
			NetDial: answering(func(nc net.Conn, a asked) { got = a; switching(nc, a) })})
		c, err := Dial(t.Context(), "ws://user@example.com", opts)
		if err != nil {
			t.Fatal(err)
		}
		c.CloseNow()
		if auth := got.Header.Values("Authorization"); len(auth) != 1 || auth[0] != "Bearer x" || got.Host != "virtual.example" {
			t.Errorf("the application's fields must replace those of the URL; got %q and host %q", auth, got.Host)
		}
	})
}

func TestDialFramesWithResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("x", 10_000)
		frames := wiretest.Frame(protocol.Client, Text, []byte("early"))
		frames = append(frames, wiretest.Frame(protocol.Client, Text, []byte(long))...)
		frames = append(frames, wiretest.Frame(protocol.Client, protocol.CloseFrame, wiretest.CloseBody(4000, ""))...)
		c, err := Dial(t.Context(), "ws://example.com", direct(DialOptions{NetDial: answering(func(nc net.Conn, a asked) {
			_, _ = io.WriteString(nc, a.switched()+string(frames))
			_, _ = io.Copy(io.Discard, nc)
		})}))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"early", long} {
			if _, got, err := c.Read(t.Context()); string(got) != want || err != nil {
				t.Errorf("a frame of %d bytes in the segment of the response must be read; got %d bytes, %v", len(want), len(got), err)
			}
		}
		_, _, err = c.Read(t.Context())
		if closed, ok := errors.AsType[*PeerClosed](err); !ok || closed.Code != 4000 {
			t.Errorf("after the messages the Close must be read; got %v", err)
		}
		<-c.driver.Done() // the server never ends TCP, so the client does
	})
}

func TestDialContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		c, err := Dial(ctx, "ws://example.com", direct(DialOptions{NetDial: answering(switching)}))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		time.Sleep(time.Hour)
		if state := c.State(); state != protocol.StateOpen {
			t.Errorf("the connection must stay open when the context has ended and HandshakeTimeout has passed; it is %v", state)
		}
		c.CloseNow()
	})
}

// lastMoment is a transport that cancels the context of the handshake when the response is read.
type lastMoment struct {
	net.Conn
	cut context.CancelFunc
}

func (l lastMoment) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	l.cut()
	return n, err
}

func TestDialContextEndsWithResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Dial(ctx, "ws://example.com", direct(DialOptions{NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := answering(switching)(ctx, network, addr)
			return lastMoment{nc, cancel}, err
		}}))
		if _ = wantDialError(t, err, PhaseResponse); !errors.Is(err, context.Canceled) {
			t.Errorf("the dial must fail, since its transport has been closed; got %v", err)
		}
	})
}

func TestDialConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var target string
		opts := &DialOptions{Options: Options{KeepAlive: -1}, Connect: func(ctx context.Context, u *url.URL) (net.Conn, error) {
			target = u.String()
			return answering(switching)(ctx, "", "")
		}}
		c, err := Dial(t.Context(), "https://user:pass@example.com/x?y", opts)
		if err != nil {
			t.Fatal(err)
		}
		c.CloseNow()
		if target != "wss://example.com/x?y" {
			t.Errorf("Connect must get the URL without name and password; got %q", target)
		}
		cause := errors.New("no route")
		opts.Connect = func(context.Context, *url.URL) (net.Conn, error) { return nil, cause }
		_, err = Dial(t.Context(), "ws://example.com", opts)
		if _ = wantDialError(t, err, PhaseDial); !errors.Is(err, cause) {
			t.Errorf("the error must wrap that of Connect; got %v", err)
		}
	})
}

func TestDialHalfClose(t *testing.T) {
	for answer, want := range map[string]bool{"": false, "Sec-WebSocket-Extensions: half-close\r\n": true} {
		synctest.Test(t, func(t *testing.T) {
			var offered string
			opts := direct(DialOptions{Options: Options{OfferHalfClose: true}})
			opts.NetDial = answering(func(nc net.Conn, a asked) {
				offered = a.Header.Get("Sec-WebSocket-Extensions")
				responding("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n"+answer+"\r\n")(nc, a)
			})
			c, err := Dial(t.Context(), "ws://example.com", opts)
			if err != nil || offered != "half-close" || c.HalfCloseNegotiated() != want {
				t.Fatalf("half-close must be offered, and negotiated if the response has it; offered %q, response %q, got %v", offered, answer, err)
			}
			c.CloseNow()
		})
	}
}
