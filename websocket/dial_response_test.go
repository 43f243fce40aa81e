package websocket

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/internal/opening"
)

const (
	switchLine   = "HTTP/1.1 101 Switching Protocols\r\n"
	upgradeField = "Upgrade: websocket\r\n"
	connField    = "Connection: Upgrade\r\n"
	acceptField  = "Sec-WebSocket-Accept: ACCEPT\r\n"
	goodAnswer   = switchLine + upgradeField + connField + acceptField
)

// wrongAnswers are responses each of which breaks a rule of RFC 6455, section 4.1, or of HTTP.
var wrongAnswers = map[string]struct {
	answer string
	phase  DialPhase
	status int
	reason handshake.Reason
}{
	"another status":            {strings.Replace(goodAnswer, "101", "200", 1) + "\r\n", PhaseCheck, 200, handshake.ReasonStatus},
	"no Upgrade":                {switchLine + connField + acceptField + "\r\n", PhaseCheck, 101, handshake.ReasonUpgrade},
	"another upgrade":           {switchLine + "Upgrade: h2c\r\n" + connField + acceptField + "\r\n", PhaseCheck, 101, handshake.ReasonUpgrade},
	"no Connection":             {switchLine + upgradeField + acceptField + "\r\n", PhaseCheck, 101, handshake.ReasonConnection},
	"no Accept":                 {switchLine + upgradeField + connField + "\r\n", PhaseCheck, 101, handshake.ReasonAccept},
	"a wrong Accept":            {strings.Replace(goodAnswer, "ACCEPT", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 1) + "\r\n", PhaseCheck, 101, handshake.ReasonAccept},
	"Accept twice":              {goodAnswer + acceptField + "\r\n", PhaseCheck, 101, handshake.ReasonAccept},
	"a subprotocol not offered": {goodAnswer + "Sec-WebSocket-Protocol: c\r\n\r\n", PhaseCheck, 101, handshake.ReasonProtocol},
	"two subprotocols":          {goodAnswer + "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n\r\n", PhaseCheck, 101, handshake.ReasonProtocol},
	"an extension not offered":  {goodAnswer + "Sec-WebSocket-Extensions: x\r\n\r\n", PhaseCheck, 101, handshake.ReasonExtension},
	"an invalid parameter":      {goodAnswer + "Sec-WebSocket-Extensions: half-close; x\r\n\r\n", PhaseCheck, 101, ""},
	"HTTP/1.0":                  {strings.Replace(goodAnswer, "HTTP/1.1", "HTTP/1.0", 1) + "\r\n", PhaseCheck, 101, ""},
	"HTTP/2.0":                  {strings.Replace(goodAnswer, "HTTP/1.1", "HTTP/2.0", 1) + "\r\n", PhaseCheck, 101, ""},
	"not HTTP":                  {"SSH-2.0-OpenSSH_9.9\r\n", PhaseResponse, 0, ""},
	"a long line, not HTTP":     {strings.Repeat("x", 8000) + "\r\n\r\n", PhaseResponse, 0, ""},
	"a field without a name":    {switchLine + ": x\r\n\r\n", PhaseResponse, 0, ""},
	"a long head":               {switchLine + "A: " + strings.Repeat("x", 20_000), PhaseResponse, 0, ""},
	"too many fields":           {switchLine + strings.Repeat("A: x\r\n", 4000), PhaseResponse, 0, ""},
	"endless 1xx responses":     {strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 1000), PhaseResponse, 0, ""},
}

func TestDialInvalidResponse(t *testing.T) {
	for name, c := range wrongAnswers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				closed := make(chan error, 1)
				opts := direct(DialOptions{Options: Options{OfferHalfClose: true}, Subprotocols: []string{"a", "b"}})
				opts.NetDial = answering(func(nc net.Conn, a asked) {
					responding(c.answer)(nc, a)
					_, err := io.Copy(io.Discard, nc)
					closed <- err
				})
				_, err := Dial(t.Context(), "ws://example.com", opts)
				failure := wantDialError(t, err, c.phase)
				var wrong *handshake.Failure
				if errors.As(err, &wrong) != (c.reason != "") || wrong != nil && wrong.Reason != c.reason {
					t.Errorf("the error must have the reason %q; got %v", c.reason, err)
				}
				if failure.Status != c.status || failure.URL != "ws://example.com" {
					t.Errorf("the error must have status %d and the URL; got %d, %q", c.status, failure.Status, failure.URL)
				}
				if len(err.Error()) > 500 {
					t.Errorf("the text of an error may have at most 500 bytes; got %d", len(err.Error()))
				}
				t.Log("the server has read until", <-closed) // the client has closed the transport
			})
		})
	}
}

func TestDialInformationalResponses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + goodAnswer + "\r\n"
		c, err := Dial(t.Context(), "ws://example.com", direct(DialOptions{NetDial: answering(responding(text))}))
		if err != nil {
			t.Fatalf("1xx responses before the 101 must be skipped; got %v", err)
		}
		c.CloseNow()
	})
}

// bodies are refusals with a body, or the start of one.
var bodies = map[string]struct {
	answer string
	want   string
	takes  time.Duration
}{
	"with a length":          {"HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\nenter", "enter", 0},
	"in chunks":              {"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nent\r\n2\r\ner\r\n0\r\n\r\n", "enter", 0},
	"longer than is kept":    {"HTTP/1.1 403 No\r\nContent-Length: 9000\r\n\r\n" + strings.Repeat("x", 9000), strings.Repeat("x", 1024), 0},
	"shorter than declared":  {"HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\nenter", "enter", opening.BodyWait},
	"without an end":         {"HTTP/1.1 403 No\r\n\r\nenter", "enter", opening.BodyWait},
	"empty, but never ended": {"HTTP/1.1 403 No\r\n\r\n", "", opening.BodyWait},
	"none":                   {"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "", 0},
	"mostly the overhead of chunks": {"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n" +
		strings.Repeat("1;"+strings.Repeat("e", 2990)+"\r\nx\r\n", 9), "xxxx", 0},
}

// wholeBodies are refusals for a dial with a MaxRefusal of 4,000 bytes.
var wholeBodies = map[string]struct {
	answer string
	length int
	cut    bool
	takes  time.Duration
}{
	"whole":            {"HTTP/1.1 403 No\r\nContent-Length: 4000\r\n\r\n" + strings.Repeat("x", 4000), 4000, false, 0},
	"whole, in chunks": {"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\nx\r\n", 1500) + "0\r\n\r\n", 1500, false, 0},
	"longer":           {"HTTP/1.1 403 No\r\nContent-Length: 9000\r\n\r\n" + strings.Repeat("x", 9000), 4000, true, 0},
	"incomplete":       {"HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\nenter", 5, true, 30 * time.Second},
}

func TestDialMaxRefusal(t *testing.T) {
	for name, c := range wholeBodies {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := Dial(t.Context(), "ws://example.com", direct(DialOptions{NetDial: answering(responding(c.answer)), MaxRefusal: 4000}))
				failure := wantDialError(t, err, PhaseCheck)
				if len(failure.Body) != c.length || failure.Cut != c.cut {
					t.Errorf("the error must have %d bytes of the body, cut: %v; got %d, %v", c.length, c.cut, len(failure.Body), failure.Cut)
				}
				if took := time.Since(start); took != c.takes {
					t.Errorf("the body must be waited for %v; it took %v", c.takes, took)
				}
			})
		})
	}
}

func TestDialRefused(t *testing.T) {
	long := strings.Repeat("no ", 1<<16)
	for name, c := range map[string]struct {
		answer, want string
		broken       bool
		takes        time.Duration
	}{
		"a long one":          {fmt.Sprintf("HTTP/1.1 403 No\r\nContent-Length: %d\r\n\r\n%s", len(long), long), long, false, 0},
		"one that never ends": {"HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\nno", "no", true, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var body []byte
				var broken error
				read := func(answer *http.Response) { body, broken = io.ReadAll(answer.Body) }
				_, err := Dial(t.Context(), "ws://example.com", direct(DialOptions{
					NetDial: answering(responding(c.answer)), Refused: read, HandshakeTimeout: 5 * time.Second,
				}))
				if failure := wantDialError(t, err, PhaseCheck); failure.Status != 403 || failure.Body != nil {
					t.Errorf("the error must have the status, and no body; got %d, %q", failure.Status, failure.Body)
				}
				if string(body) != c.want || (broken != nil) != c.broken {
					t.Errorf("the body must have %d bytes, and end with an error: %v; got %d, %v", len(c.want), c.broken, len(body), broken)
				}
				if took := time.Since(start); took != c.takes {
					t.Errorf("the dial must take %v; it took %v", c.takes, took)
				}
			})
		})
	}
}

func TestDialErrorBody(t *testing.T) {
	for name, c := range bodies {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := Dial(t.Context(), "ws://example.com", direct(DialOptions{NetDial: answering(responding(c.answer))}))
				failure := wantDialError(t, err, PhaseCheck)
				if failure.Status != 403 || failure.Header == nil || string(failure.Body) != c.want {
					t.Errorf("the error must have status, header and body %q; got %d, %v, %q", c.want, failure.Status, failure.Header, failure.Body)
				}
				if took := time.Since(start); took != c.takes {
					t.Errorf("the body must be waited for %v; it took %v", c.takes, took)
				}
			})
		})
	}
}
