package httprule

import (
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"testing"
)

func TestNamesAreCanonical(t *testing.T) {
	for _, name := range slices.Concat(HopByHop, ProxyAuthentication) {
		if canonical := textproto.CanonicalMIMEHeaderKey(name); name != canonical {
			t.Errorf("the name of a field has its canonical form %q; got %q", canonical, name)
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
		t.Errorf("Proxy-Authorization and Via describe the message and are left; got %q", got)
	}
	Remove(h, ProxyAuthentication)
	if got := slices.Sorted(maps.Keys(h)); !slices.Equal(got, []string{"Via"}) {
		t.Errorf("Via is left; got %q", got)
	}
}
