package driver

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestOptionsOfMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1, MaxMessage: 10}).start()
		s.play("peer text 0123456789")
		want := []string{"closed not clean, received 1006, sent 1009 \"message too big\", first local, violation message.size",
			`> close 1009 "message too big"`, "> FIN"}
		if got := s.play("peer text 0123456789+"); !slices.Equal(got, want) {
			t.Errorf("a message over MaxMessage must fail the connection: wanted %s, got %s", list(want), list(got))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1, MaxFragments: 2}).start()
		first := wiretest.Frame(protocol.Server, protocol.Text, []byte("a"))
		first[0] &^= 0x80 // FIN
		next := wiretest.Frame(protocol.Server, protocol.Continuation, []byte("b"))
		next[0] &^= 0x80
		for _, part := range [][]byte{first, next, next} {
			_, _ = s.peer.Write(part)
		}
		got := s.play("wait 0s")
		if len(got) == 0 || got[0] != `closed not clean, received 1006, sent 1008 "too many fragments", first local, violation message.fragments` {
			t.Errorf("a message over MaxFragments must fail the connection; got %s", list(got))
		}
	})
}
