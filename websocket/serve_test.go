package websocket

import (
	"bufio"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

// served starts a server the way Serve does, or as net/http does.
func served(t *testing.T, h http.HandlerFunc, own bool) (addr string, logged *record) {
	t.Helper()
	logged = new(record)
	return serving(t, &http.Server{Handler: h, ReadHeaderTimeout: httpTimeout, ErrorLog: log.New(logged, "", 0)}, own), logged
}

// serving is served for a server that says more.
func serving(t *testing.T, server *http.Server, own bool) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr, ended := l.Addr().String(), make(chan error, 1)
	if own {
		l = newListener(server, l) // as Serve does, but before the first client comes
	}
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("a server that is closed says so; got %v", err)
		}
	})
	return addr
}

// record is a log.
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

// ask sends bytes and reads a response.
func ask(t *testing.T, addr string, parts ...string) (*http.Response, string, error) {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	for i, part := range parts {
		if i > 0 {
			time.Sleep(20 * time.Millisecond) // in a segment of its own
		}
		if _, err := io.WriteString(nc, part); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	return answer, string(body), err
}

// fails answers requests for what they name, most of them as no WebSocket.
func fails(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/":
		if d, err := AcceptDriver(w, r, nil); err == nil {
			d.Start(echo{})
		}
	case "/refused":
		w.Header().Set("Set-Cookie", "a=b")
		http.Error(w, "not you", http.StatusForbidden)
		w.Header().Set("Too", "late")
		w.WriteHeader(http.StatusTeapot)
	case "/nothing":
	case "/empty":
		w.WriteHeader(http.StatusNoContent)
		if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
			w.Header().Set("Wrong", "there is no body with this status")
		}
	case "/html":
		_, _ = io.WriteString(w, "<html>")
	case "/long":
		_, _ = io.WriteString(w, strings.Repeat("long ", 10_000))
	case "/stream":
		for range 3 {
			_, _ = io.WriteString(w, "piece ")
			_ = http.NewResponseController(w).Flush()
		}
	case "/declared":
		w.Header().Set("Content-Length", "6")
		_, _ = io.WriteString(w, "piece ")
	case "/short":
		w.Header().Set("Content-Length", "60")
		_, _ = io.WriteString(w, "piece ")
	case "/panic":
		panic("secret")
	case "/aborted":
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	case "/context":
		server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.Host, r.RequestURI, r.Proto, host,
			map[bool]string{true: "server"}[server != nil], map[bool]string{true: "address"}[local != nil && r.Host == local.String()]}, " "))
	}
}

func to(path string) string {
	return strings.Replace(request, "GET / ", "GET "+path+" ", 1) + "\r\n"
}

// Whatever is asked, the answer is that of net/http.
func TestServeAnswersAsNetHTTPDoes(t *testing.T) {
	ours, _ := served(t, fails, true)
	theirs, _ := served(t, fails, false)
	with := func(fields string) []string {
		return []string{strings.TrimSuffix(to("/html"), "\r\n") + fields + "\r\n"}
	}
	asked := map[string][]string{
		"no host":                {strings.Replace(to("/html"), "Host: localhost\r\n", "", 1)},
		"two hosts":              with("Host: b\r\n"),
		"strange host":           {strings.Replace(to("/html"), "localhost", "local\x01host", 1)},
		"host of other letters":  {strings.Replace(to("/html"), "localhost", "a{b", 1)},
		"no field":               with("nonsense\r\n"),
		"strange name":           with("a b: c\r\n"),
		"space before the colon": with("a : c\r\n"),
		"strange value":          with("a: \x00\r\n"),
		"continued":              with("a: b\r\n c\r\n"),
		"body":                   {strings.TrimSuffix(to("/html"), "\r\n") + "Content-Length: 3\r\n\r\nabc"},
		"chunks":                 with("Transfer-Encoding: chunked\r\n\r\n0\r\n"),
		"expectation":            with("Expect: 100-continue\r\nContent-Length: 0\r\n"),
		"HTTP/1.0":               {strings.Replace(to("/html"), "HTTP/1.1", "HTTP/1.0", 1)},
		"HTTP/9":                 {strings.Replace(to("/html"), "HTTP/1.1", "HTTP/9", 1)},
		"POST":                   {strings.Replace(to("/html"), "GET", "POST", 1)},
		"no upgrade":             {"GET /html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"},
		"another upgrade":        {"GET /html HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: upgrade, close\r\n\r\n"},
		"nonsense":               {"\x16\x03\x01\r\n\r\n"},
		"in pieces":              {to("/html")[:30], to("/html")[30:]},
		"long header":            with("Cookie: " + strings.Repeat("x", 5000) + "\r\n"),
		"absolute":               {to("http://elsewhere/html")},
		"bad key":                {strings.Replace(to("/"), "dGhlIHNhbXBsZSBub25jZQ==", "x", 1)},
	}
	for _, path := range []string{"/", "/refused", "/nothing", "/empty", "/html", "/long", "/stream", "/declared", "/short", "/panic", "/aborted"} {
		asked[path] = []string{to(path)}
	}
	for name, parts := range asked {
		t.Run(name, func(t *testing.T) {
			got, gotBody, gotErr := ask(t, ours, parts...)
			want, wantBody, wantErr := ask(t, theirs, parts...)
			if (gotErr == nil) != (wantErr == nil) || (got == nil) != (want == nil) {
				t.Fatalf("it must fail as with net/http, with %v; got %v", wantErr, gotErr)
			}
			if got == nil {
				return
			}
			if got.StatusCode != want.StatusCode || gotBody != wantBody {
				t.Errorf("the answer must be %d %.100q; got %d %.100q", want.StatusCode, wantBody, got.StatusCode, gotBody)
			}
			if got.ContentLength != want.ContentLength || !slices.Equal(got.TransferEncoding, want.TransferEncoding) {
				t.Errorf("its length must be said as %d, %v; got %d, %v", want.ContentLength, want.TransferEncoding, got.ContentLength, got.TransferEncoding)
			}
			for _, h := range []http.Header{got.Header, want.Header} {
				h.Del("Date")
				h.Del("Connection")
				h.Del("Content-Length")
			}
			if !slices.Equal(fieldsOf(got.Header), fieldsOf(want.Header)) {
				t.Errorf("its fields must be %v; got %v", want.Header, got.Header)
			}
		})
	}
}

func fieldsOf(h http.Header) (all []string) {
	for name, values := range h {
		all = append(all, name+": "+strings.Join(values, "|"))
	}
	slices.Sort(all)
	return all
}

func TestServeTellsTheHandlerWhatNetHTTPDoes(t *testing.T) {
	for _, own := range []bool{true, false} {
		addr, _ := served(t, fails, own)
		r := strings.Replace(to("/context?a=b"), "localhost", addr, 1)
		want := "GET " + addr + " /context?a=b HTTP/1.1 127.0.0.1 server address"
		if _, body, err := ask(t, addr, r); err != nil || body != want {
			t.Errorf("the handler must know %q; got %q, %v", want, body, err)
		}
	}
}

func TestAPanicIsLoggedAndNotTold(t *testing.T) {
	addr, logged := served(t, fails, true)
	if answer, body, err := ask(t, addr, to("/panic")); err == nil {
		t.Errorf("the connection must end without an answer; got %v, %q", answer, body)
	}
	if text := logged.String(); !strings.Contains(text, "secret") || !strings.Contains(text, "serve_test.go") {
		t.Errorf("the log must have the panic and its stack; got %q", text)
	}
}

func TestARequestEndsWithItsClient(t *testing.T) {
	for name, before := range map[string]func(*http.ResponseController) error{
		"at once":          func(*http.ResponseController) error { return nil },
		"after a deadline": func(c *http.ResponseController) error { return c.SetWriteDeadline(time.Now().Add(time.Minute)) },
		"after a flush":    (*http.ResponseController).Flush,
	} {
		t.Run(name, func(t *testing.T) { wantRequestToEnd(t, before) })
	}
}

// wantRequestToEnd has the client go while a handler waits that has done something before.
func wantRequestToEnd(t *testing.T, before func(*http.ResponseController) error) {
	for _, own := range []bool{true, false} {
		began, ended := make(chan bool), make(chan error, 1)
		addr, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
			if err := before(http.NewResponseController(w)); err != nil {
				t.Error(err)
			}
			began <- true
			select {
			case <-r.Context().Done():
				ended <- nil
			case <-time.After(10 * time.Second):
				ended <- errors.New("the client has gone, and the handler's request goes on")
			}
		}, own)
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(nc, to("/"))
		<-began
		_ = nc.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestASlowHandlerAcceptsWhatIsStillThere(t *testing.T) {
	addr, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(4 * lookLong)
		d, err := AcceptDriver(w, r, nil)
		if err != nil {
			t.Errorf("the connection must be accepted; got %v", err)
			return
		}
		d.Start(echo{})
	}, true)
	s := &service{addr: addr}
	c := s.open(t, "", textFrame("early")...)
	c.wantFrame(t, received{protocol.Text, []byte("early")}.String())
	c.send(t, closeFrame(1000, ""))
	c.wantFrame(t, "close 1000")
	c.wantEOF(t)
}

// lookLong is longer than it takes until somebody looks for the client.
const lookLong = 5 * time.Millisecond

func TestOthersMayTakeTheConnection(t *testing.T) {
	for _, own := range []bool{true, false} {
		addr, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
			nc, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Errorf("the connection can be had; got %v", err)
				return
			}
			if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
				t.Errorf("nothing is written to what is another's; got %v", err)
			}
			if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, http.ErrHijacked) {
				t.Errorf("it can be had once; got %v", err)
			}
			line, _ := rw.ReadString('\n')
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+line)
			_ = nc.Close()
		}, own)
		if _, body, err := ask(t, addr, to("/")+"behind\n"); err != nil || body != "behind\n" {
			t.Errorf("what came behind the request is there; got %q, %v", body, err)
		}
	}
}

func TestAConnectionThatSaysNothingIsEnded(t *testing.T) {
	addr, _ := served(t, fails, true)
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the server has a time for the header of a request; got %v", err)
	}
}

func TestListenAndServeSaysWhereItCannotListen(t *testing.T) {
	if err := ListenAndServe("127.0.0.1:no", http.NotFoundHandler()); err == nil || !strings.Contains(err.Error(), "no") {
		t.Errorf("the address is named; got %v", err)
	}
}
