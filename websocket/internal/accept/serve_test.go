package accept

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// headerTimeout is long: net/http closes a connection whose request it reads too late, and the unread request makes that a
// reset.
const headerTimeout = time.Minute

// served starts a server with a handler, as Serve does (own) or as net/http does.
func served(t *testing.T, h http.HandlerFunc, own bool) (addr string, logged *record) {
	t.Helper()
	logged = new(record)
	return serving(t, &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ErrorLog: log.New(logged, "", 0)}, own), logged
}

// serving starts a server, as Serve does (own) or as net/http does.
func serving(t *testing.T, server *http.Server, own bool) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr, ended := l.Addr().String(), make(chan error, 1)
	if own {
		l = NewListener(server, l) // before the first client connects
	}
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve of a closed server returns http.ErrServerClosed; got %v", err)
		}
	})
	return addr
}

// record is the output of a logger.
type record struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// send opens a connection and writes each part in a separate segment.
func send(t *testing.T, addr string, parts ...string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(30 * time.Second))
	for i, part := range parts {
		if i > 0 {
			time.Sleep(20 * time.Millisecond)
		}
		if _, err := io.WriteString(nc, part); err != nil {
			t.Fatal(err)
		}
	}
	return nc
}

// ask sends bytes and reads a response.
func ask(t *testing.T, addr string, parts ...string) (*http.Response, string, error) {
	t.Helper()
	nc := send(t, addr, parts...)
	defer func() { _ = nc.Close() }()
	answer, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	return answer, string(body), err
}

func TestServeRequestFields(t *testing.T) {
	for _, own := range []bool{true, false} {
		addr, _ := served(t, pages, own)
		r := strings.Replace(wiretest.To("/context?a=b"), "localhost", addr, 1)
		want := "GET " + addr + " /context?a=b HTTP/1.1 127.0.0.1 server address"
		if _, body, err := ask(t, addr, r); err != nil || body != want {
			t.Errorf("the request has %q; got %q, %v", want, body, err)
		}
	}
}

func TestServeLogsPanicWithStack(t *testing.T) {
	for _, path := range []string{"/panic", "/panic late", "/panic accepted"} {
		for _, own := range []bool{true, false} {
			addr, logged := served(t, pages, own)
			nc := send(t, addr, wiretest.To(path))
			_, _ = io.Copy(io.Discard, nc) // until the end of the connection
			want := "http: panic serving " + nc.LocalAddr().String() + ": secret"
			for ends := time.Now().Add(time.Minute); logged.String() == ""; time.Sleep(time.Millisecond) {
				if time.Now().After(ends) {
					t.Fatalf("%s: the log must contain %q", path, want)
				}
			}
			if text := logged.String(); !strings.HasPrefix(text, want) || !strings.Contains(text, "response_test.go") {
				t.Errorf("%s: the log must contain %q and the stack of the handler; got %.300q", path, want, text)
			}
		}
	}
}

func TestServeCancelsContextWhenClientLeaves(t *testing.T) {
	for name, before := range map[string]func(*http.ResponseController) error{
		"at once":          func(*http.ResponseController) error { return nil },
		"after a deadline": func(c *http.ResponseController) error { return c.SetWriteDeadline(time.Now().Add(time.Minute)) },
		"after a flush":    (*http.ResponseController).Flush,
	} {
		t.Run(name, func(t *testing.T) {
			for _, own := range []bool{true, false} {
				began, ended := make(chan bool), make(chan bool)
				addr, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
					if err := before(http.NewResponseController(w)); err != nil {
						t.Error(err)
					}
					began <- true
					<-r.Context().Done()
					close(ended)
				}, own)
				nc := send(t, addr, wiretest.To("/"))
				<-began
				_ = nc.Close()
				select {
				case <-ended:
				case <-time.After(time.Minute):
					t.Fatalf("the context must end when the client has closed its connection (Serve: %v)", own)
				}
			}
		})
	}
}

func TestServeSlowHandler(t *testing.T) {
	addr, _ := served(t, pages, true)
	s := &wiretest.HTTPServer{Addr: addr}
	for _, early := range [][]byte{nil, wiretest.TextFrame("early")} {
		nc := send(t, s.Addr, wiretest.To("/late")+string(early))
		c := &wiretest.Client{Conn: nc, R: bufio.NewReader(nc)}
		if answer, err := http.ReadResponse(c.R, nil); err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("the connection must be accepted; got %v, %v", answer, err)
		}
		if early != nil {
			c.WantFrame(t, wiretest.Received{Op: protocol.Text, Payload: []byte("early")}.String())
		}
		c.Send(t, wiretest.CloseFrame(1000, ""))
		c.WantFrame(t, "close 1000")
		c.WantEOF(t)
	}
}

// afterPromotion is longer than a handler may run before its request is promoted.
const afterPromotion = 30 * time.Millisecond

func TestServeHijack(t *testing.T) {
	for _, own := range []bool{true, false} {
		addr, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
			nc, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Errorf("Hijack must return the connection; got %v", err)
				return
			}
			if _, ok := nc.(*net.TCPConn); !ok {
				t.Errorf("the connection must be a *net.TCPConn; got %T", nc)
			}
			if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
				t.Errorf("Write after Hijack must fail; got %v", err)
			}
			if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, http.ErrHijacked) {
				t.Errorf("a second Hijack must fail; got %v", err)
			}
			line, _ := rw.ReadString('\n')
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+line)
			_ = nc.Close()
		}, own)
		if _, body, err := ask(t, addr, wiretest.To("/")+"after\n"); err != nil || body != "after\n" {
			t.Errorf("the bytes after the request must be readable; got %q, %v", body, err)
		}
	}
}

// For a request whose handler responds late, ConnState and Shutdown work as with net/http.
func TestServeShutdownWaitsForRequest(t *testing.T) {
	for _, own := range []bool{true, false} {
		var states record
		began, goOn := make(chan bool), make(chan bool)
		server := &http.Server{
			ReadHeaderTimeout: headerTimeout,
			ConnState:         func(_ net.Conn, s http.ConnState) { _, _ = io.WriteString(&states, s.String()+" ") },
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_ = http.NewResponseController(w).Flush()
				close(began)
				<-goOn
				_, _ = io.WriteString(w, "whole")
			}),
		}
		addr := serving(t, server, own)
		nc := send(t, addr, wiretest.To("/"))
		<-began
		ended := make(chan error, 1)
		go func() { ended <- server.Shutdown(context.Background()) }()
		for { // until the server does not listen any more
			other, err := net.Dial("tcp", addr)
			if err != nil {
				break
			}
			_ = other.Close()
		}
		select {
		case err := <-ended:
			t.Errorf("Shutdown must wait for the request (Serve: %v); it returned %v", own, err)
		default:
		}
		close(goOn)
		answer, err := http.ReadResponse(bufio.NewReader(nc), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "whole" {
			t.Errorf("the response must arrive; got %q, %v", body, err)
		}
		_ = answer.Body.Close()
		if err := <-ended; err != nil {
			t.Errorf("Shutdown must return nil when the request has been answered; got %v", err)
		}
		expected := func(got string) bool {
			return strings.HasPrefix(got, "new active ") && strings.HasSuffix(got, "closed ")
		}
		// The goroutine of the connection may call ConnState after Shutdown has returned.
		for deadline := time.Now().Add(wiretest.Bound); !expected(states.String()); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("ConnState must be called as by net/http (Serve: %v); got %q", own, states.String())
			}
		}
	}
}

func TestServeClosesSilentConnection(t *testing.T) {
	addr := serving(t, &http.Server{Handler: http.HandlerFunc(pages), ReadHeaderTimeout: 100 * time.Millisecond}, true)
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a connection without a request is closed after ReadHeaderTimeout; got %v", err)
	}
}
