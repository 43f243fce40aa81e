package linger

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestARequestIsRememberedWhole(t *testing.T) {
	for name, c := range map[string]struct {
		target string
		header http.Header
		from   client
		url    string
	}{
		"plain":     {"/chat?room=1&x=%20", http.Header{"Origin": {"http://a.example"}, "X-Two": {"a", "b: c"}}, client{text: "1.2.3.4:5", addr: netip.MustParseAddr("1.2.3.4")}, "http://example.com/chat?room=1&x=%20"},
		"secure":    {"/", http.Header{}, client{text: "::1", addr: netip.MustParseAddr("::1"), secure: true}, "https://example.com/"},
		"escaped":   {"/a%2Fb//c?", http.Header{"Empty": {""}}, client{}, "http://example.com/a%2Fb//c?"},
		"no target": {"http://example.com", http.Header{}, client{}, "http://example.com/"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, c.target, nil)
			r.Header = c.header
			got, _ := remember(r, c.from, "chat.v1")
			if u := got.url().String(); u != c.url {
				t.Errorf("the URL is %s; got %s", c.url, u)
			}
			if h := got.header(); !reflect.DeepEqual(h, c.header) {
				t.Errorf("the header is %q; got %q", c.header, h)
			}
			if got.field(remembersRemote) != c.from.text || got.addr() != c.from.addr || got.field(remembersSubprotocol) != "chat.v1" {
				t.Errorf("the client and the subprotocol are remembered; got %q", got)
			}
		})
	}
}

func TestSocketHeaderIsBounded(t *testing.T) {
	big, half := strings.Repeat("x", maxRemembered), strings.Repeat("y", maxRemembered/2)
	for name, c := range map[string]struct {
		header http.Header
		want   []string // of the names
	}{
		"the largest goes first":         {http.Header{"Cookie": {big}, "Origin": {"a"}, "X-Half": {half}}, []string{"Origin", "X-Half"}},
		"lines of one field go together": {http.Header{"Cookie": {half, half}, "Origin": {"a"}}, []string{"Origin"}},
		"nothing fits":                   {http.Header{"Cookie": {big}}, nil},
		"all of it fits":                 {http.Header{"Cookie": {half}, "Origin": {"a", "b"}, "Empty": {""}}, []string{"Cookie", "Empty", "Origin"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header = c.header
			got, _ := remember(r, client{}, "")
			header := got.header()
			if names := slices.Sorted(maps.Keys(header)); !slices.Equal(names, c.want) {
				t.Errorf("the fields are %q; got %q", c.want, names)
			}
			for name, values := range header {
				if !slices.Equal(values, c.header[name]) {
					t.Errorf("what is kept of a field is all of it; %s is not", name)
				}
			}
			if len(got) > maxRemembered+100 {
				t.Errorf("a socket keeps 16 KiB of a header; it keeps %d bytes", len(got))
			}
		})
	}
}

func TestALineBreakOfAHandlerMakesNoOtherField(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header = http.Header{"A": {"b\nEvil: yes"}}
	got, _ := remember(r, client{}, "")
	if h := got.header(); len(h) != 1 || h.Get("A") != "b Evil: yes" {
		t.Errorf("a value stays in its line; got %q", h)
	}
}
