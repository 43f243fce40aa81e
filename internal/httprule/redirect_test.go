package httprule

import (
	"maps"
	"net/http"
	"slices"
	"testing"
)

func TestIsRedirect(t *testing.T) {
	var got []int
	for status := range 1000 {
		if IsRedirect(status) {
			got = append(got, status)
		}
	}
	if want := []int{301, 302, 303, 307, 308}; !slices.Equal(got, want) {
		t.Errorf("the statuses that redirect are %v; got %v", want, got)
	}
}

func TestWithoutCredentials(t *testing.T) {
	h := http.Header{
		"Authorization": {"a"}, "cookie": {"b"}, "COOKIE2": {"c"}, "Proxy-Authorization": {"d"}, "Www-Authenticate": {"e"},
		"x-own": {"f"}, "Accept": {"g"},
	}
	given := maps.Clone(h)
	kept := slices.Sorted(maps.Keys(WithoutCredentials(h)))
	if want := []string{"Accept", "x-own"}; !slices.Equal(kept, want) {
		t.Errorf("the fields kept are %q; got %q", want, kept)
	}
	if !maps.EqualFunc(h, given, slices.Equal) {
		t.Errorf("the header itself is not changed; got %v", h)
	}
	if got := WithoutCredentials(nil); len(got) != 0 {
		t.Errorf("a request without fields has none afterwards; got %v", got)
	}
}
