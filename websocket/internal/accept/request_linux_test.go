package accept

import (
	"bufio"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// FuzzUpgradeRequest compares parseUpgrade with net/http: each request that it returns reaches a handler of net/http, with the
// same fields.
func FuzzUpgradeRequest(f *testing.F) {
	f.Add(wiretest.To("/"))
	f.Add(wiretest.To("/a%20b?c=d#e"))
	f.Add(strings.Replace(wiretest.To("http://h/"), "localhost", "[::1]:80", 1))
	f.Add(strings.Replace(wiretest.To("http://h/"), "localhost", "\"", 1))
	f.Add("GET / HTTP/1.1\nHost: a\nUpgrade: websocket\nConnection: upgrade\n\r\n\r\n")
	f.Add(strings.Replace(wiretest.To("/"), "Upgrade: websocket", "Upgrade : websocket", 1))
	f.Add(strings.Replace(wiretest.To("/"), "HTTP/1.1", "HTTP/2.0", 1))
	other := newReference(f)
	f.Fuzz(func(t *testing.T, text string) {
		head, _, whole := strings.Cut(text, "\r\n\r\n")
		if !whole {
			return
		}
		head += "\r\n\r\n"
		got, ok := parseUpgrade([]byte(head))
		if !ok {
			return
		}
		want := other.read(t, head)
		if want == nil {
			t.Fatalf("net/http does not call its handler for %q", head)
		}
		if got.Method != want.Method || got.Host != want.Host || got.RequestURI != want.RequestURI ||
			*got.URL != *want.URL || got.Proto != want.Proto || got.ProtoMajor != want.ProtoMajor || got.ProtoMinor != want.ProtoMinor ||
			got.ContentLength != want.ContentLength || got.Body != want.Body || got.Close != want.Close || len(got.TransferEncoding)+len(got.Trailer) > 0 {
			t.Errorf("%q is %+v; got %+v", head, want, got)
		}
		if !maps.EqualFunc(got.Header, want.Header, slices.Equal) {
			t.Errorf("%q has the fields %v; got %v", head, want.Header, got.Header)
		}
	})
}

// A header with bare line feeds ends before the empty line for which peekUpgrade searches. The bytes
// between are not a part of it.
func TestServeBareLineFeeds(t *testing.T) {
	early := strings.ReplaceAll(wiretest.To("/"), "\r\n", "\n")
	if r, ok := parseUpgrade([]byte(early + "after\r\n\r\n")); ok {
		t.Errorf("the bytes after the header would be lost; got %v", r.Header)
	}
}

// reference is a server of net/http, and its listener.
type reference struct {
	conns    chan net.Conn
	requests chan *http.Request
}

func newReference(f *testing.F) *reference {
	r := &reference{make(chan net.Conn), make(chan *http.Request, 1)}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.requests <- request
		w.Header().Set("Connection", "close")
	})}
	go func() { _ = server.Serve(r) }()
	f.Cleanup(func() { _ = server.Close() })
	return r
}

func (r *reference) Accept() (net.Conn, error) {
	nc, ok := <-r.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return nc, nil
}

func (r *reference) Close() error {
	close(r.conns)
	return nil
}

func (r *reference) Addr() net.Addr { return &net.TCPAddr{} }

// read returns the request with which net/http calls its handler, or nil if it does not.
func (r *reference) read(t *testing.T, head string) *http.Request {
	ours, theirs := net.Pipe()
	defer func() { _ = ours.Close() }()
	r.conns <- theirs
	go func() { _, _ = ours.Write([]byte(head)) }()
	answer, err := http.ReadResponse(bufio.NewReader(ours), nil)
	if err != nil {
		t.Fatalf("net/http answers %q; got %v", head, err)
	}
	_ = answer.Body.Close()
	select {
	case request := <-r.requests:
		return request
	default:
		return nil
	}
}
