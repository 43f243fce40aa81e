package linger

import (
	"net/netip"
	"runtime"
	"sync"
	"testing"
)

func TestFanOut(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, n := range []int{0, 1, minPart, 2*minPart - 1, 2 * minPart, 3*minPart + 1, 10*minPart + 7} {
		list := make([]*Socket, n)
		for i := range list {
			list[i] = &Socket{}
		}
		var mu sync.Mutex
		reached := map[*Socket]int{}
		got := fanOut(list, func(part []*Socket) int {
			mu.Lock()
			defer mu.Unlock()
			for _, s := range part {
				reached[s]++
			}
			return len(part)
		})
		if got != n || len(reached) != n {
			t.Errorf("each of %d is reached once; got %d, of %d", n, got, len(reached))
		}
	}
}

func TestHubRemovesEmptyChannels(t *testing.T) {
	s := NewServer(HandlerFuncs{}, Options{})
	one, two := &Socket{server: s, id: "1"}, &Socket{server: s, id: "2"}
	s.hub.register(one)
	s.hub.register(two)
	for _, socket := range []*Socket{one, two} {
		for _, channel := range []string{"a", "b"} {
			if err := socket.Subscribe(channel); err != nil {
				t.Fatal(err)
			}
		}
	}
	one.Unsubscribe("a")
	one.Unsubscribe("unknown")
	s.hub.unregister(one)
	if n := len(s.hub.channels); n != 2 {
		t.Errorf("a channel with a subscriber stays; of 2 are %d left", n)
	}
	s.hub.unregister(two)
	if n, left := len(s.hub.channels), len(one.channels)+len(two.channels); n+left != 0 {
		t.Errorf("a channel without subscribers leaves no entry; got %d, and %d with the sockets", n, left)
	}
}

func TestAdmissionForgetsAddresses(t *testing.T) {
	var a admission
	o := Options{MaxConnections: -1, MaxPerAddress: 2}
	for i := range 100 {
		from := netip.AddrFrom4([4]byte{203, 0, 113, byte(i / 2)})
		if refused := a.admit(from, &o); refused != nil {
			t.Fatalf("two of each address come in; got %d", refused.status)
		}
	}
	if len(a.byGroup) != 50 {
		t.Errorf("each address is known once; got %d", len(a.byGroup))
	}
	for i := range 100 {
		a.release(netip.AddrFrom4([4]byte{203, 0, 113, byte(i / 2)}))
	}
	if len(a.byGroup) != 0 || a.admitted != 0 {
		t.Errorf("nothing is kept of those who have left; got %d addresses and %d inside", len(a.byGroup), a.admitted)
	}
}
