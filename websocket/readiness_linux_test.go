package websocket

import (
	"net"
	"testing"
)

func TestAWatchedConnectionHasItsAddresses(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue // no such network on this machine
		}
		peer, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		near, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		w, ok := newNotifier(near)
		if !ok {
			t.Fatal("a TCP connection can be watched")
		}
		local, remote := w.addrs()
		if local.String() != peer.RemoteAddr().String() || remote.String() != peer.LocalAddr().String() {
			t.Errorf("the addresses are those of the connection; got %v and %v", local, remote)
		}
		w.close()
		_, _, _ = peer.Close(), near.Close(), l.Close()
	}
}

func TestOnlyTCPIsWatched(t *testing.T) {
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	if _, ok := newNotifier(a); ok {
		t.Error("what has no descriptor is waited for")
	}
	near, peer := wirePair(t)
	_, _ = near.Close(), peer.Close()
	if _, ok := newNotifier(near); ok {
		t.Error("what is closed already is left to the driver that reports it")
	}
}
