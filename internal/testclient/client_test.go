package testclient_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket"
)

// serve starts a server whose behaviour depends on the path, and returns its URL. It echoes messages and sends a ping;
// without a ping for /quiet, without a connection for /refused, and it aborts the connection for /abort.
func serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			http.Error(w, "not you", http.StatusForbidden)
			return
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}})
		if err != nil {
			return // Accept has sent a response
		}
		if r.URL.Path == "/abort" {
			c.CloseNow()
			return
		}
		if r.URL.Path != "/quiet" {
			_ = c.Ping(t.Context())
		}
		for {
			op, payload, err := c.Read(t.Context())
			if err != nil {
				return
			}
			_ = c.Write(t.Context(), op, payload)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func want(t *testing.T, c *testclient.Client, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if got, err := c.Receive(); err != nil || got != want {
			t.Fatalf("Receive returns %q, %v; expected %q", got, err, want)
		}
	}
}

func TestClientReceive(t *testing.T) {
	c, err := testclient.Dial(serve(t)+"/", "Sec-WebSocket-Protocol: other, chat")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abort()
	if err := errors.Join(c.Send(protocol.Text, "hello"), c.Send(protocol.Binary, "\x00")); err != nil {
		t.Fatal(err)
	}
	want(t, c, "text hello", "binary \x00")
	if err := c.Close(protocol.CloseNormal, "bye"); err != nil {
		t.Fatal(err)
	}
	want(t, c, "close 1000 bye", "EOF")
}

func TestClientReceiveUncleanEnd(t *testing.T) {
	c, err := testclient.Dial(serve(t) + "/abort")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abort()
	if got, err := c.Receive(); err == nil && !strings.HasSuffix(got, "unclean") {
		t.Errorf("without a Close Receive returns %q, expected an unclean end or an error", got)
	}
}

func TestDialRefused(t *testing.T) {
	c, err := testclient.Dial(serve(t) + "/refused")
	if failure, ok := errors.AsType[*handshake.Failure](err); !ok {
		t.Errorf("Dial returns %v, %v; expected a *handshake.Failure", c, failure)
	}
}
