package packages_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket"
)

// timeout bounds each wait.
const timeout = 30 * time.Second

type conn struct {
	t *testing.T
	*websocket.Conn
}

func open(t *testing.T, url string, subprotocols []string) (*websocket.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	c, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1), &websocket.DialOptions{Subprotocols: subprotocols})
	return c, err
}

// dial opens a WebSocket and offers subprotocols.
func dial(t *testing.T, url string, subprotocols ...string) conn {
	t.Helper()
	c, err := open(t, url, subprotocols)
	if err != nil {
		t.Fatalf("Dial returns %v", err)
	}
	t.Cleanup(c.CloseNow)
	return conn{t, c}
}

// refused returns the status and the body of the response to a handshake that is refused. The status is 101 if it is not.
func refused(t *testing.T, url string, subprotocols ...string) (int, string) {
	t.Helper()
	c, err := open(t, url, subprotocols)
	if err == nil {
		c.CloseNow()
		return 101, ""
	}
	var failed *websocket.DialError
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return failed.Status, string(failed.Body)
}

func (c conn) send(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), timeout)
	defer cancel()
	if err := c.Write(ctx, websocket.Text, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c conn) want(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), timeout)
	defer cancel()
	if _, got, err := c.Read(ctx); err != nil || string(got) != text {
		c.t.Errorf("Read returns %q and error %v, expected %q", got, err, text)
	}
}
