package weburl_test

import (
	"net/netip"
	"testing"
)

func TestParseIPv4Notations(t *testing.T) {
	for _, notation := range []string{
		"192.168.0.1", "192.168.1", "192.11010049", "3232235521", "192.168.0.1.", "3232235521.",
		"0300.0250.0.1", "0300.0250.1", "030052000001", "192.168.00.01", "00300.168.1",
		"0xc0.0xa8.0x0.0x1", "0XC0A80001", "0xc0a80001.", "0xC0.0250.1", "0x00000000c0.168.0x.1",
		"１９２.168。0.1", "192%2E168.0.%31",
	} {
		if host, err := hostOf("http://" + notation + "/"); err != nil || host != "192.168.0.1" {
			t.Errorf("the address %q must become 192.168.0.1, got %q (%v)", notation, host, err)
		}
	}
}

func TestParseIPv4LastPartFillsRemainingBytes(t *testing.T) {
	for _, c := range []struct{ most, host, tooMuch string }{
		{"4294967295", "255.255.255.255", "4294967296"},
		{"1.16777215", "1.255.255.255", "1.16777216"},
		{"1.2.65535", "1.2.255.255", "1.2.65536"},
		{"1.2.3.255", "1.2.3.255", "1.2.3.256"},
		{"255.1", "255.0.0.1", "256.1"},
		{"1.255.1", "1.255.0.1", "1.256.1"},
		{"1.2.255.1", "1.2.255.1", "1.2.256.1"},
		{"0xffffffff", "255.255.255.255", "0x100000000"},
		{"037777777777", "255.255.255.255", "0777777777777777777777777777"},
	} {
		if host, err := hostOf("http://" + c.most); err != nil || host != c.host {
			t.Errorf("the address %s must become %s, got %q (%v)", c.most, c.host, host, err)
		}
		if host, err := hostOf("http://" + c.tooMuch); err == nil {
			t.Errorf("the address %s must be refused, as a part is out of range; got %q", c.tooMuch, host)
		}
	}
}

func TestParseDomainEndingInNumber(t *testing.T) {
	for _, wrong := range []string{"a.1", "a.0x1", "a.0x", "1.a.2", "09", "1.2.3.08", "1..2", ".1", "1.2.3.4.5", "1.2.3.4.5.", "a.99999999999999999999999"} {
		if host, err := hostOf("http://" + wrong + "/"); err == nil {
			t.Errorf("%q must be refused, as it ends in a number and is not an IPv4 address; got %q", wrong, host)
		}
	}
	for _, name := range []string{"1.a", "0xg", "1.2.3.4a", "1x", "a.0xg", "1..", "."} {
		if host, err := hostOf("http://" + name + "/"); err != nil || host != name {
			t.Errorf("the domain %q must be unchanged, got %q (%v)", name, host, err)
		}
	}
}

// The test covers all 256 combinations of zero and non-zero pieces. The first of the longest runs of zeros is compressed,
// as package netip does (RFC 5952, section 4.2).
func TestParseIPv6Compression(t *testing.T) {
	for zeros := range 256 {
		var pieces [16]byte
		for i := range byte(8) {
			if zeros>>i&1 == 0 {
				pieces[2*i], pieces[2*i+1] = i<<4, i+1
			}
		}
		address := netip.AddrFrom16(pieces)
		want := "[" + address.String() + "]"
		for _, form := range []string{address.StringExpanded(), address.String()} {
			if host, err := hostOf("http://[" + form + "]/"); err != nil || host != want {
				t.Errorf("the address %s must become %s, got %q (%v)", form, want, host, err)
			}
		}
	}
}

func TestParseIPv6WithIPv4(t *testing.T) {
	for written, want := range map[string]string{
		"::ffff:192.168.0.1":   "[::ffff:c0a8:1]",
		"::1.2.3.4":            "[::102:304]",
		"1:2:3:4:5:6:10.0.0.1": "[1:2:3:4:5:6:a00:1]",
		"64:FF9B::0.0.0.0":     "[64:ff9b::]",
	} {
		if host, err := hostOf("http://[" + written + "]/"); err != nil || host != want {
			t.Errorf("the address %s must become %s, got %q (%v)", written, want, host, err)
		}
	}
	for _, wrong := range []string{"::1.2.3", "::1.2.3.04", "::1.2.3.4.5", "1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "::1%25eth0", "1::2::3", "1:2:3:4:5:6:7", "12345::"} {
		if host, err := hostOf("http://[" + wrong + "]/"); err == nil {
			t.Errorf("%q must be refused, as it is not an IPv6 address; got %q", wrong, host)
		}
	}
}
