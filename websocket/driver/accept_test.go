package driver

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestAcceptResponse(t *testing.T) {
	opts := &AcceptOptions{
		Subprotocols: []string{"chat.v2", "chat"},
		Header: http.Header{
			"Set-Cookie": {"a=1; Path=/", "b=2"}, "X-Own": {"yes\r\nX-Injected: no"}, "X-Bad\r\nX-Injected": {"no"},
			"Upgrade": {"h2c"}, "Sec-Websocket-Accept": {"wrong"}, "Content-Length": {"5"},
		},
	}
	wiretest.Each(t, func(t *testing.T, secure bool) {
		s := serve(t, secure, opts, newEcho)
		c := s.Open(t, "Sec-WebSocket-Protocol: other, chat, chat.v2\r\n")
		want := "HTTP/1.1 101 Switching Protocols\n" +
			"Upgrade: websocket\nConnection: Upgrade\n" +
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nSec-WebSocket-Protocol: chat.v2\n" +
			"Set-Cookie: a=1; Path=/\nSet-Cookie: b=2\nX-Own: yes  X-Injected: no\n"
		if c.Answer != want {
			t.Errorf("the response must be\n%s\ngot\n%s", want, c.Answer)
		}
		c.Send(t, wiretest.TextFrame("hello"))
		c.WantFrame(t, `text "hello"`)
	})
}

func TestAcceptWithoutCommonSubprotocol(t *testing.T) {
	s := serve(t, false, &AcceptOptions{Subprotocols: []string{"chat"}}, newEcho)
	c := s.Open(t, "Sec-WebSocket-Protocol: other\r\n")
	if strings.Contains(c.Answer, "Sec-WebSocket-Protocol") {
		t.Errorf("the response must have no subprotocol; got\n%s", c.Answer)
	}
}

func TestAcceptFramesWithRequest(t *testing.T) {
	wiretest.Each(t, func(t *testing.T, secure bool) {
		s := serve(t, secure, nil, newEcho)
		frames := append(wiretest.TextFrame("early"), wiretest.TextFrame(strings.Repeat("x", 3000))...)
		c := s.Open(t, "", append(frames, wiretest.CloseFrame(4000, "")...)...)
		c.WantFrame(t, `text "early"`)
		c.WantFrame(t, "text of 3000")
		c.WantFrame(t, "close 4000")
		c.WantEOF(t)
	})
}

func TestAcceptClearsTimeoutsOfHTTPServer(t *testing.T) {
	t.Parallel()
	wiretest.Each(t, func(t *testing.T, secure bool) {
		t.Parallel()
		const timeout = 2 * time.Second
		s := serveWithTimeout(t, secure, &AcceptOptions{Options: Options{KeepAlive: -1}}, newEcho, timeout)
		c := s.Open(t, "")
		time.Sleep(timeout * 5 / 4)
		c.Send(t, wiretest.TextFrame("still here"))
		if f, err := wiretest.ReadFrame(c.R); err != nil || f.String() != `text "still here"` {
			t.Fatalf("the timeouts of http.Server must not apply to the connection; got %v, %v", f, err)
		}
	})
}

func TestAcceptRefusals(t *testing.T) {
	valid := wiretest.Request + "\r\n"
	for name, c := range map[string]struct {
		request string
		status  string
		reason  handshake.Reason
		field   string
	}{
		"method":   {strings.Replace(valid, "GET", "POST", 1), "405", handshake.ReasonMethod, "Allow: GET"},
		"version":  {strings.Replace(valid, "Version: 13", "Version: 8", 1), "426", handshake.ReasonVersion, "Sec-Websocket-Version: 13"},
		"key":      {strings.Replace(valid, "dGhlIHNhbXBsZSBub25jZQ==", "short", 1), "400", handshake.ReasonKey, ""},
		"upgrade":  {strings.Replace(valid, "Upgrade: websocket", "X: y", 1), "426", handshake.ReasonUpgrade, "Upgrade: websocket"},
		"origin":   {wiretest.Request + "Origin: https://evil.example\r\n\r\n", "403", handshake.ReasonOrigin, ""},
		"HTTP/1.0": {strings.Replace(valid, "HTTP/1.1", "HTTP/1.0", 1), "426", handshake.ReasonHTTPVersion, "Upgrade: websocket"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, false, nil, newEcho)
			client := s.Dial(t)
			client.Send(t, []byte(c.request))
			client.ReadAnswer(t)
			status, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(client.Answer, "HTTP/1.1 "), "HTTP/1.0 "), " ")
			if status != c.status || !strings.Contains(client.Answer, c.field) {
				t.Errorf("the request must be refused with %s and the field %q; got\n%s", c.status, c.field, client.Answer)
			}
			var refusal *handshake.Refusal
			if err := <-s.Errs; !errors.As(err, &refusal) || refusal.Reason != c.reason {
				t.Errorf("the error of Accept must have the reason %q; got %v", c.reason, err)
			}
			body := make([]byte, len(refusal.Text))
			if _, err := io.ReadFull(client.R, body); err != nil || string(body) != refusal.Text {
				t.Errorf("the text of the refusal must reach the client; got %q, %v", body, err)
			}
		})
	}
}

func TestAcceptOrigins(t *testing.T) {
	s := serve(t, false, &AcceptOptions{Origins: anyOrigin(t)}, newEcho)
	s.Open(t, "Origin: https://elsewhere.example\r\n")
	s.Accepted(t).CloseNow()
}

func TestAcceptSubprotocolNotOffered(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	for _, line := range strings.Split(strings.TrimSpace(wiretest.Request), "\r\n")[1:] {
		name, value, _ := strings.Cut(line, ": ")
		if name != "Host" {
			r.Header.Set(name, value)
		}
	}
	h, refusal := CheckRequest(r, handshake.OriginPolicy{})
	if refusal != nil {
		t.Fatal(refusal)
	}
	w := httptest.NewRecorder()
	if _, err := h.Accept(w, "chat", &AcceptOptions{}); !errors.Is(err, handshake.ErrNotOffered) || len(w.Header()) > 0 {
		t.Errorf("a subprotocol that was not offered must be an error, without a response; got %v, %v", err, w.Header())
	}
	if _, err := h.Accept(w, "", &AcceptOptions{}); !errors.Is(err, http.ErrNotSupported) || w.Code != 500 {
		t.Errorf("a server without http.Hijacker must respond with 500; got %v, %d", err, w.Code)
	}
}
