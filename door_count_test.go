package linger

import (
	"net/netip"
	"testing"
)

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
