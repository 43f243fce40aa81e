package proxyends

import (
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

func TestWireDoSee(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, role := range []protocol.Role{protocol.Client, protocol.Server} {
		for _, c := range [][2]string{
			{"text hello", "hello"}, {"part of a message", partOfMessage}, {"close", "close"}, {"close 4001 bye", "close 4001 bye"},
			{"close 1002 any words", "close 1002"}, {"broken", "broken"}, {"FIN", "EOF"}, {"reset", "reset"},
		} {
			near, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			far, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			a, b := newWire(near, role, time.Second), newWire(far, protocol.Client, 10*time.Second)
			if err := a.Do(c[0]); err != nil {
				t.Errorf("Do(%q) returns %v", c[0], err)
			}
			if got := b.See(); got != c[1] {
				t.Errorf("after %s the peer sees %s, expected %s", c[0], got, c[1])
			}
			b.Timeout = time.Millisecond
			if got := b.See(); c[0] == "text hello" && got != "nothing" {
				t.Errorf("without input See returns %s, expected nothing", got)
			}
			_, _ = near.Close(), far.Close()
		}
	}
	if (&Wire{}).Do("dance") == nil {
		t.Error("Do returns no error for an unknown action")
	}
}
