package websocket_test

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/websocket"
)

// TestNewHTTPServerTimeouts covers clients that send nothing, half a header, and nothing after a response.
func TestNewHTTPServerTimeouts(t *testing.T) {
	for name, c := range map[string]struct {
		sent     string
		answered bool
		after    time.Duration
	}{
		"no request":        {"", false, 10 * time.Second},
		"half a header":     {"GET / HTTP/1.1\r\nHost: a\r\n", false, 10 * time.Second},
		"no second request": {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := memconn.Listen()
				server := websocket.NewHTTPServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
				go func() { _ = websocket.Serve(server, listener) }()
				conn, err := listener.Dial()
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if _, err := io.WriteString(conn, c.sent); err != nil {
					t.Fatal(err)
				}
				from := bufio.NewReader(conn)
				if c.answered {
					answer, err := http.ReadResponse(from, nil)
					if err != nil || answer.StatusCode != http.StatusOK {
						t.Fatalf("the request is answered; got %v, %v", answer, err)
					}
				}
				_, _ = io.Copy(io.Discard, from)
				if took := time.Since(began); took != c.after {
					t.Errorf("the connection must end after %v; it ended after %v", c.after, took)
				}
				_ = conn.Close()
				_ = server.Close()
			})
		})
	}
}
