package netaddr

import (
	"net/netip"
	"testing"
)

func TestCanonical(t *testing.T) {
	for given, want := range map[string]string{
		"10.0.0.1": "10.0.0.1", "::ffff:10.0.0.1": "10.0.0.1", "fe80::1%eth0": "fe80::1", "::ffff:10.0.0.1%eth0": "10.0.0.1", "::1": "::1",
	} {
		if got := Canonical(netip.MustParseAddr(given)).String(); got != want {
			t.Errorf("Canonical of %s is %s, expected %s", given, got, want)
		}
	}
	if Canonical(netip.Addr{}).IsValid() {
		t.Error("Canonical of the zero Addr is valid")
	}
}

func TestParsePrefix(t *testing.T) {
	for given, want := range map[string]string{
		"10.1.2.3": "10.1.2.3/32", "10.1.2.3/8": "10.0.0.0/8", "::ffff:10.1.2.3": "10.1.2.3/32", "::ffff:10.1.2.3/104": "10.0.0.0/8",
		"::ffff:10.1.2.3/96": "0.0.0.0/0", "::ffff:10.1.2.3/80": "::/80", "fd00::1": "fd00::1/128", "fd00::1/8": "fd00::/8", "fe80::1%eth0": "fe80::1/128",
	} {
		got, err := ParsePrefix(given)
		if err != nil || got.String() != want {
			t.Errorf("ParsePrefix of %s is %v with error %v, expected %s", given, got, err, want)
		}
	}
	for _, wrong := range []string{"", "10.0.0", "10.0.0.0/33", "fe80::1%eth0/64", "example.com", "10.0.0.0/-1"} {
		if got, err := ParsePrefix(wrong); err == nil {
			t.Errorf("ParsePrefix of %q is %v, expected an error", wrong, got)
		}
	}
}
