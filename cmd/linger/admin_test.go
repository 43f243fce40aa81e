package main

import (
	"errors"
	"log/slog"
	"net"
	"testing"

	"github.com/lingerws/linger/cmd/linger/internal/listen"
)

// TestAdminDefaultPortInUse checks that a second server on the machine starts, on a free port.
func TestAdminDefaultPortInUse(t *testing.T) {
	first, err := adminFlags{}.openAdmin(&listen.Passed{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer first.close()
	second, err := adminFlags{}.openAdmin(&listen.Passed{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("the default port is used by the first, and a free one is selected; got %v", err)
	}
	defer second.close()
	if first.notice == "" && second.notice == "" { // another process may have had the port at first
		t.Error("the second does not have the default port, which is printed")
	}
	for _, a := range []*administration{first, second} {
		if at, ok := a.listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
			t.Errorf("the administration is on the loopback interface; got %v", a.listener.Addr())
		}
	}
}

func TestAdminIsOff(t *testing.T) {
	a, err := adminFlags{AdminListen: adminAddress{off: true}}.openAdmin(&listen.Passed{}, slog.New(slog.DiscardHandler))
	if a != nil || err != nil {
		t.Errorf("off means no listener; got %v, %v", a, err)
	}
	a.observe(nil) // has no effect
	a.close()
}

func TestLimitedListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	limited := newLimited(l, 1)
	accepted, failed := make(chan net.Conn), make(chan error, 1)
	go func() {
		for {
			conn, err := limited.Accept()
			if err != nil {
				failed <- err
				return
			}
			accepted <- conn
		}
	}()
	dial := func() {
		t.Helper()
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	dial()
	first := <-accepted
	dial()
	if n := len(limited.room); n != 1 {
		t.Errorf("one connection is open; got %d", n)
	}
	for range 2 { // the second call has no effect
		_ = first.Close()
	}
	second := <-accepted // there is room for it now
	if err := limited.Close(); err != nil {
		t.Errorf("the listener closes; got %v", err)
	}
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept, which waits for room, ends with the listener; got %v", err)
	}
	_ = second.Close()
}
