package linger

import (
	"net/netip"
	"runtime"
	"sync"
	"testing"
)

func TestAFanOutReachesEachOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, n := range []int{0, 1, leastSpread, 2*leastSpread - 1, 2 * leastSpread, 3*leastSpread + 1, 10*leastSpread + 7} {
		list := make([]*Socket, n)
		for i := range list {
			list[i] = &Socket{}
		}
		var mu sync.Mutex
		reached := map[*Socket]int{}
		got := spread(list, func(part []*Socket) int {
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

func TestEmptyChannelsLeaveNoEntry(t *testing.T) {
	s := NewServer(HandlerFuncs{}, Options{})
	one, two := &Socket{server: s, id: "1"}, &Socket{server: s, id: "2"}
	s.hub.add(one)
	s.hub.add(two)
	for _, socket := range []*Socket{one, two} {
		for _, channel := range []string{"a", "b"} {
			if err := socket.Subscribe(channel); err != nil {
				t.Fatal(err)
			}
		}
	}
	one.Unsubscribe("a")
	one.Unsubscribe("unknown")
	s.hub.remove(one)
	if n := len(s.hub.channels); n != 2 {
		t.Errorf("a channel with a subscriber stays; of 2 are %d left", n)
	}
	s.hub.remove(two)
	if n, left := len(s.hub.channels), len(one.channels)+len(two.channels); n+left != 0 {
		t.Errorf("a channel without subscribers leaves no entry; got %d, and %d with the sockets", n, left)
	}
}

func TestTheDoorForgetsAddressesThatHaveLeft(t *testing.T) {
	var d door
	o := Options{MaxConnections: -1, MaxPerAddress: 2}
	for i := range 100 {
		from := netip.AddrFrom4([4]byte{203, 0, 113, byte(i / 2)})
		if refused := d.enter(from, &o); refused != nil {
			t.Fatalf("two of each address come in; got %d", refused.status)
		}
	}
	if len(d.byAddress) != 50 {
		t.Errorf("each address is known once; got %d", len(d.byAddress))
	}
	for i := range 100 {
		d.leave(netip.AddrFrom4([4]byte{203, 0, 113, byte(i / 2)}))
	}
	if len(d.byAddress) != 0 || d.inside != 0 {
		t.Errorf("nothing is kept of those who have left; got %d addresses and %d inside", len(d.byAddress), d.inside)
	}
}
