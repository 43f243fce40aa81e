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
		t.Errorf("IsRedirect is true for %v, expected %v", got, want)
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
		t.Errorf("the remaining fields are %q, expected %q", kept, want)
	}
	if !maps.EqualFunc(h, given, slices.Equal) {
		t.Errorf("the argument is changed to %v", h)
	}
	if got := WithoutCredentials(nil); len(got) != 0 {
		t.Errorf("the result for nil is %v, expected no fields", got)
	}
}
