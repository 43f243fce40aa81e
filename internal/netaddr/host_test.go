package netaddr

import "testing"

func TestSplitHost(t *testing.T) {
	for field, want := range map[string][2]string{
		"example.com": {"example.com", ""}, "Example.COM.:8080": {"example.com", "8080"}, "[::1]:80": {"::1", "80"}, "[::1]": {"::1", ""},
		"127.0.0.1:1": {"127.0.0.1", "1"}, "localhost.": {"localhost", ""}, "": {"", ""}, ":80": {"", "80"}, "::1": {"::1", ""},
	} {
		if host, port := SplitHost(field); host != want[0] || port != want[1] {
			t.Errorf("SplitHost of %q is %q and %q, expected %q", field, host, port, want)
		}
	}
}

func TestIsRebindable(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": false, "chat.localhost": false, "127.0.0.1": false, "::1": false, "192.0.2.1": false,
		"example.com": true, "localhost.example.com": true, "notlocalhost": true, "127.0.0.1.example.com": true, "0x7f000001": true, "": true,
	} {
		if got := IsRebindable(host); got != want {
			t.Errorf("IsRebindable of %q is %v, expected %v", host, got, want)
		}
	}
}
