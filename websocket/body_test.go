package websocket

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// bodyServer serves a handler with bounded bodies, and returns the connection of a client.
func bodyServer(t *testing.T, period time.Duration, h http.HandlerFunc) net.Conn {
	t.Helper()
	l := memconn.Listen()
	server := &http.Server{Handler: BoundBodies(h, period)} //nolint:gosec // the test ends it
	go func() { _ = server.Serve(l) }()
	nc, err := l.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = nc.Close()
		_ = server.Close()
		synctest.Wait()
	})
	return nc
}

// readBody is a handler that responds with the body, or with 408.
func readBody(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		http.Error(w, "late", http.StatusRequestTimeout)
		return
	}
	_, _ = w.Write(body)
}

func sendText(t *testing.T, nc net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(nc, text); err != nil {
		t.Fatal(err)
	}
}

func TestBoundBodiesTimeout(t *testing.T) {
	for name, send := range map[string]func(nc net.Conn){
		"nothing of it": func(net.Conn) {},
		"a byte each 4 s": func(nc net.Conn) {
			for range 20 {
				time.Sleep(4 * time.Second)
				if _, err := io.WriteString(nc, "x"); err != nil {
					return
				}
			}
		},
	} {
		for _, head := range []string{"Content-Length: 100000", "Transfer-Encoding: chunked"} {
			t.Run(name+", "+head, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					nc := bodyServer(t, 0, readBody)
					began := time.Now()
					sendText(t, nc, "POST / HTTP/1.1\r\nHost: a\r\n"+head+"\r\n\r\n")
					go send(nc)
					answer, err := http.ReadResponse(bufio.NewReader(nc), nil)
					if err != nil || answer.StatusCode != http.StatusRequestTimeout || !answer.Close {
						t.Fatalf("the response must be 408 and close the connection; got %v, %v", answer, err)
					}
					if took := time.Since(began); took != 30*time.Second {
						t.Errorf("the response must arrive after 30 s; it took %v", took)
					}
					_ = nc.Close()
					time.Sleep(time.Minute) // until send has returned
				})
			})
		}
	}
}

func TestBoundBodiesUnreadBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc := bodyServer(t, time.Second, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
		sendText(t, nc, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
		began := time.Now()
		answer, err := http.ReadResponse(bufio.NewReader(nc), nil)
		if err != nil || answer.StatusCode != http.StatusTeapot {
			t.Fatalf("the response must be that of the handler; got %v, %v", answer, err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("the response must arrive within a period; it took %v", took)
		}
	})
}

func TestBoundBodiesSlowBodyAndHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc := bodyServer(t, 10*time.Second, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Minute) // before it reads
			first := make([]byte, 100)
			_, _ = io.ReadFull(r.Body, first)
			time.Sleep(time.Minute) // while it reads
			rest, err := io.ReadAll(r.Body)
			time.Sleep(time.Minute) // and after that
			if r.Context().Err() != nil {
				t.Error("the request's context must not end")
			}
			http.Error(w, strings.Repeat("x", len(first)+len(rest)), 299)
			if err != nil {
				t.Error(err)
			}
		})
		const steps = 8
		sendText(t, nc, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 131072\r\n\r\n")
		go func() {
			for range steps { // a slow client: 16 KiB in 9 s, for longer than the period
				time.Sleep(9 * time.Second)
				_, _ = io.WriteString(nc, strings.Repeat("x", bodyChunk))
			}
		}()
		answer, err := http.ReadResponse(bufio.NewReader(nc), nil)
		if err != nil || answer.StatusCode != 299 {
			t.Fatalf("the handler must respond; got %v, %v", answer, err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || len(body) != steps*bodyChunk+1 {
			t.Errorf("the body must have %d bytes; got %d, %v", steps*bodyChunk+1, len(body), err)
		}
		time.Sleep(time.Minute) // the read deadline has been removed
		sendText(t, nc, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		if last, err := io.ReadAll(nc); err != nil || !strings.HasPrefix(string(last), "HTTP/1.1 299 ") {
			t.Errorf("the next request must get a response; got %q, %v", last, err)
		}
	})
}

func TestBoundBodiesUpgrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc := bodyServer(t, time.Second, func(w http.ResponseWriter, r *http.Request) {
			c, err := Accept(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(40 * time.Second) // the keep-alive has not yet missed two pongs
			if err := c.Write(t.Context(), Text, []byte("late")); err != nil {
				t.Error(err)
			}
			_, _, _ = c.Read(t.Context()) // until the client leaves
		})
		sendText(t, nc, wiretest.To("/"))
		var got []byte
		for piece := make([]byte, 1000); !strings.Contains(string(got), "late"); {
			n, err := nc.Read(piece)
			if got = append(got, piece[:n]...); err != nil {
				t.Fatalf("the connection must stay open; got %q, %v", got, err)
			}
		}
	})
}

// A refusal does not wait for the body of the request.
func TestAcceptRefusalDoesNotWaitForBody(t *testing.T) {
	for name, request := range map[string]string{
		"an upgrade":             strings.Replace(wiretest.To("/"), "Host", "Content-Length: 3\r\nHost", 1),
		"an upgrade in chunks":   strings.Replace(wiretest.To("/"), "Host", "Transfer-Encoding: chunked\r\nHost", 1),
		"another method":         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n",
		"an unsupported version": strings.Replace(strings.Replace(wiretest.To("/"), "Host", "Content-Length: 3\r\nHost", 1), "Version: 13", "Version: 8", 1),
		"no upgrade":             "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				nc := bodyServer(t, -1, func(w http.ResponseWriter, r *http.Request) { _, _ = Accept(w, r, nil) })
				began := time.Now()
				sendText(t, nc, request)
				answer, err := http.ReadResponse(bufio.NewReader(nc), nil)
				if err != nil || answer.StatusCode < 400 || !answer.Close {
					t.Fatalf("the request must be refused, and the connection closed; got %v, %v", answer, err)
				}
				if answer.StatusCode == 426 && answer.Header.Get("Upgrade") != "websocket" {
					t.Errorf("a 426 must have the field Upgrade; got %v", answer.Header)
				}
				if took := time.Since(began); took != 0 {
					t.Errorf("the refusal must not wait; it took %v", took)
				}
			})
		})
	}
}
