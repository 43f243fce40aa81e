package accept

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestServeWithoutDescriptors(t *testing.T) {
	given, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewListener(&http.Server{}, given) //nolint:gosec // it serves nothing
	defer func() { _ = l.Close() }()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	if _, err := io.WriteString(client, request); err != nil {
		t.Fatal(err)
	}
	release := wiretest.Exhaust(t, 1)
	_, first := l.Accept()
	_, second := l.Accept()
	release()
	for _, err := range []error{first, second} {
		var refused net.Error
		if !errors.As(err, &refused) || !refused.Temporary() || !errors.Is(err, unix.EMFILE) { //nolint:staticcheck // net/http asks it
			t.Fatalf("without a descriptor Accept must return a temporary error; got %v", err)
		}
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(request))
	if _, err := io.ReadFull(server, got); err != nil || string(got) != request {
		t.Errorf("when there is a descriptor the connection must be served, with all that it has sent; got %q, %v", got, err)
	}
	_ = server.Close()
}

// The handler of a promoted request waits until there are descriptors again.
func TestServePromotionWithoutDescriptors(t *testing.T) {
	l, w, _ := unserved(t)
	if _, err := w.promote(); err != nil {
		t.Fatal(err)
	}
	release := wiretest.Exhaust(t, 0)
	_, first := l.Accept()
	_, second := l.Accept()
	release()
	if !isExhausted(first) || !isExhausted(second) {
		t.Fatalf("without a descriptor Accept must return a temporary error; got %v, %v", first, second)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if l.promoter.remove(conn) != w.promotion {
		t.Error("when there is a descriptor net/http must get the connection, with its request")
	}
	_ = conn.Close()
}

func TestServeCloseWithoutDescriptors(t *testing.T) {
	given, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewListener(&http.Server{}, given) //nolint:gosec // it serves nothing
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := io.WriteString(client, "GET"); err != nil {
		t.Fatal(err)
	}
	release := wiretest.Exhaust(t, 1)
	_, err = l.Accept()
	release()
	if !errors.Is(err, unix.EMFILE) {
		t.Fatalf("without a descriptor Accept must fail; got %v", err)
	}
	_ = l.Close()
	if n, err := client.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection must end with the listener; got %d, %v", n, err)
	}
}
