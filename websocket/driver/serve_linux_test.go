package driver

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

func TestServeServesUpgradeRequestsItself(t *testing.T) {
	own := make(chan bool, 1)
	addr, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
		_, lends := detacherOf(wrapped{w})
		own <- lends
	}, true)
	for sent, want := range map[string]bool{
		wiretest.To("/"): true,
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": false,
	} {
		if _, _, err := ask(t, addr, sent); err != nil {
			t.Fatal(err)
		}
		if got := <-own; got != want {
			t.Errorf("of %q the handler's transport can be had: %v; got %v", sent, want, got)
		}
	}
}

// wrapped is what middleware makes of a ResponseWriter.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestWhoWantsToBeAskedToHijackIs(t *testing.T) {
	if _, ok := detacherOf(hijacker{wrapped{&upgradeWriter{}}}); ok {
		t.Error("a writer with a Hijack of its own is asked, although it unwraps")
	}
}

type hijacker struct{ wrapped }

func (hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, nil }

// Connections have what package net gives its own.
func TestAcceptedSocketsHaveTheirOptions(t *testing.T) {
	addr, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
		nc, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = nc.Close() }()
		raw, _ := nc.(*net.TCPConn).SyscallConn()
		_ = raw.Control(func(fd uintptr) {
			for _, o := range inherited[1:] { // the first is for those that listen
				if got, err := unix.GetsockoptInt(int(fd), o.level, o.name); err != nil || got != o.value {
					t.Errorf("option %d is %d; got %d, %v", o.name, o.value, got, err)
				}
			}
		})
	}, true)
	_, _, _ = ask(t, addr, wiretest.To("/"))
}

func TestServeLeavesOtherTransportsToNetHTTP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	secured := tls.NewListener(l, wiretest.ServerConfig(t))
	if NewListener(&http.Server{}, secured) != secured {
		t.Error("a TLS listener is net/http's")
	}
}

func TestServeGivesItsDescriptorsBack(t *testing.T) {
	before := wiretest.Descriptors()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(pages), ReadHeaderTimeout: wiretest.HTTPTimeout, ErrorLog: log.New(new(record), "", 0)}
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
		t.Errorf("a server that is closed says so; got %v", err)
	}
	for range 500 {
		if wiretest.Descriptors() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("no descriptor stays open: %d before; got %d", before, wiretest.Descriptors())
}
