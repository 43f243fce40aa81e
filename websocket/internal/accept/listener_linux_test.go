package accept

import (
	"bufio"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestDetachUpgradeRequests(t *testing.T) {
	detaches := make(chan bool, 1)
	addr, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
		offered := false
		_, _ = Detach(wrapped{w}, func(int) bool { offered = true; return false })
		detaches <- offered
	}, true)
	for sent, want := range map[string]bool{wiretest.To("/"): true, again: false} {
		if _, _, err := ask(t, addr, sent); err != nil {
			t.Fatal(err)
		}
		if got := <-detaches; got != want {
			t.Errorf("%q can be accepted without net/http: %v; got %v", sent, want, got)
		}
	}
}

// wrapped is a ResponseWriter that middleware has wrapped.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestDetachStopsAtHijacker(t *testing.T) {
	detached, err := Detach(hijacker{wrapped{&upgradeWriter{}}}, func(int) bool {
		t.Error("Detach must not search below a wrapper with Hijack")
		return true
	})
	if detached || err != nil {
		t.Errorf("the connection must not be detached; got %v, %v", detached, err)
	}
}

type hijacker struct{ wrapped }

func (hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, nil }

// Accepted sockets have the options that package net sets.
func TestServeSetsSocketOptions(t *testing.T) {
	_, w, _ := unserved(t)
	for _, o := range inherited[1:] { // the first is for listeners
		if got, err := unix.GetsockoptInt(w.fd, o.level, o.name); err != nil || got != o.value {
			t.Errorf("option %d is %d; got %d, %v", o.name, o.value, got, err)
		}
	}
}

func TestServeLeavesOtherTransportsToNetHTTP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	secured := tls.NewListener(l, wiretest.ServerConfig(t))
	if NewListener(&http.Server{}, secured) != secured {
		t.Error("a TLS listener must be left to net/http")
	}
}

func TestServeReleasesDescriptors(t *testing.T) {
	before := wiretest.Descriptors()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(pages), ReadHeaderTimeout: headerTimeout, ErrorLog: log.New(new(record), "", 0)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(NewListener(server, l)) }()
	for range 10 {
		for _, path := range []string{"/refused", "/stream", "/panic", "/aborted"} {
			_, _, _ = ask(t, l.Addr().String(), wiretest.To(path))
		}
		s := &wiretest.HTTPServer{Addr: l.Addr().String()}
		c := s.Open(t, "")
		c.Send(t, wiretest.CloseFrame(1000, ""))
		c.WantFrame(t, "close 1000")
		c.WantEOF(t)
		_ = c.Close()
	}
	_ = server.Close()
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Serve of a closed server returns http.ErrServerClosed; got %v", err)
	}
	for range 500 {
		if wiretest.Descriptors() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("no descriptor may be left open: there were %d; got %d", before, wiretest.Descriptors())
}
