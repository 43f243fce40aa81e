package opening

import "testing"

func TestParseTarget(t *testing.T) {
	for raw, want := range map[string][3]string{
		"ws://example.com":              {"example.com:80", "example.com", "/"},
		"WSS://example.com?x":           {"example.com:443", "example.com", "/?x"},
		"http://example.com:8080/a//b/": {"example.com:8080", "example.com:8080", "/a//b/"},
		"https://example.com:443/":      {"example.com:443", "example.com", "/"},
		"https://example.com:80/":       {"example.com:80", "example.com:80", "/"},
		"wss://example.com:/":           {"example.com:443", "example.com", "/"},
		"ws://[::1]/":                   {"[::1]:80", "[::1]", "/"},
		"ws://[fe80::1%25eth0]:81/":     {"[fe80::1%eth0]:81", "[fe80::1]:81", "/"},
	} {
		u, err := parseTarget(raw)
		if err != nil {
			t.Errorf("parseTarget(%q) returns error %v", raw, err)
			continue
		}
		if got := [3]string{address(u), hostField(u), u.RequestURI()}; got != want {
			t.Errorf("%q has the address, Host field and resource %q; want %q", raw, got, want)
		}
	}
}
