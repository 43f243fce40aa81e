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

// serve runs a server that says what the path asks for, and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			http.Error(w, "not you", http.StatusForbidden)
			return
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}})
		if err != nil {
			return // the client has its answer
		}
		if r.URL.Path == "/cut" {
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

func want(t *testing.T, c *testclient.Client, told ...string) {
	t.Helper()
	for _, want := range told {
		if got, err := c.Receive(); err != nil || got != want {
			t.Fatalf("the client tells %q next; got %q, %v", want, got, err)
		}
	}
}

func TestTheClientTellsWhatComes(t *testing.T) {
	c, err := testclient.Dial(serve(t)+"/", "Sec-WebSocket-Protocol: other, chat")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Cut()
	if err := errors.Join(c.Send(protocol.Text, "hello"), c.Send(protocol.Binary, "\x00")); err != nil {
		t.Fatal(err)
	}
	want(t, c, "text hello", "binary \x00")
	if err := c.Close(protocol.CloseNormal, "bye"); err != nil {
		t.Fatal(err)
	}
	want(t, c, "close 1000 bye", "EOF")
}

func TestTheClientTellsAnEndWithoutAClose(t *testing.T) {
	c, err := testclient.Dial(serve(t) + "/cut")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Cut()
	if got, err := c.Receive(); err == nil && !strings.HasSuffix(got, "unclean") {
		t.Errorf("an end without a Close is unclean, or an error; got %q", got)
	}
}

func TestARefusalIsAFailure(t *testing.T) {
	c, err := testclient.Dial(serve(t) + "/refused")
	if failure, ok := errors.AsType[*handshake.Failure](err); !ok {
		t.Errorf("an answer that opens none is a *handshake.Failure; got %v, %v", c, failure)
	}
}
