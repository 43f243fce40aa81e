package linger

import "testing"

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
