package forwarding

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestTrust(t *testing.T) {
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	local := &net.UnixAddr{Name: "/run/linger.sock", Net: "unix"}
	for _, c := range []struct {
		proxies Proxies
		peer    string
		unix    bool
		want    bool
	}{
		{proxies, "10.1.2.3:4", false, true}, {proxies, "[::ffff:10.1.2.3]:4", false, true}, {proxies, "11.1.2.3:4", false, false},
		{proxies, "@", true, true}, {proxies, "@", false, false}, {nil, "@", true, false}, {nil, "10.1.2.3:4", false, false}, {proxies, "nonsense", false, false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		if c.unix {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
		}
		if got := c.proxies.Trust(r); got != c.want {
			t.Errorf("with the proxies %v the peer %s, on a Unix socket %v, is trusted: %v, expected %v", c.proxies, c.peer, c.unix, got, c.want)
		}
	}
}

func TestHost(t *testing.T) {
	for _, c := range []struct {
		fields []string
		want   string
	}{
		{nil, ""}, {[]string{""}, ""}, {[]string{"chat.example.com"}, "chat.example.com"}, {[]string{"a:8080"}, "a:8080"}, {[]string{"[::1]:8080"}, "[::1]:8080"},
		{[]string{"made.up, near.example"}, "near.example"}, {[]string{"a", "b"}, "b"}, {[]string{"a/b"}, ""}, {[]string{"a b"}, ""}, {[]string{"a@b"}, ""}, {[]string{"ä"}, ""},
	} {
		if got := Host(http.Header{"X-Forwarded-Host": c.fields}); got != c.want {
			t.Errorf("Host with X-Forwarded-Host %q is %q, expected %q", c.fields, got, c.want)
		}
	}
}
