package httprule

import (
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"testing"
)

func TestHopByHopCanonical(t *testing.T) {
	for _, name := range slices.Concat(HopByHop, ProxyAuthentication) {
		if canonical := textproto.CanonicalMIMEHeaderKey(name); name != canonical {
			t.Errorf("the name %q is not in canonical form, expected %q", name, canonical)
		}
	}
}

func TestRemove(t *testing.T) {
	h := http.Header{}
	for _, name := range []string{"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "via", "proxy-authorization"} {
		h.Add(name, "x")
	}
	Remove(h, HopByHop)
	if got := slices.Sorted(maps.Keys(h)); !slices.Equal(got, []string{"Proxy-Authorization", "Via"}) {
		t.Errorf("Remove(HopByHop) leaves %q, expected Proxy-Authorization and Via", got)
	}
	Remove(h, ProxyAuthentication)
	if got := slices.Sorted(maps.Keys(h)); !slices.Equal(got, []string{"Via"}) {
		t.Errorf("Remove(ProxyAuthentication) leaves %q, expected Via", got)
	}
}
