package proxy

import (
	"net/url"
	"testing"
)

func TestBackendTarget(t *testing.T) {
	for _, c := range []struct{ to, request, want string }{
		{"ws://a", "/", "ws://a"},
		{"ws://a", "/room/1?x=2", "ws://a/room/1?x=2"},
		{"ws://a/chat", "/", "ws://a/chat"},
		{"ws://a/chat/", "/", "ws://a/chat/"},
		{"ws://a/chat", "/?x=1", "ws://a/chat?x=1"},
		{"ws://a/chat/", "/room?x=1", "ws://a/chat/room?x=1"},
		{"wss://a/chat?key=k", "/room?x=1", "wss://a/chat/room?key=k&x=1"},
		{"wss://a/chat?key=k", "/room?", "wss://a/chat/room?key=k"},
		{"ws://u:p@a:81/chat", "/room", "ws://u:p@a:81/chat/room"},
		{"ws://a", "/with%2Fslash", "ws://a/with%2Fslash"},
		{"ws://a/with%2Fslash", "/x", "ws://a/with%2Fslash/x"},

		{"ws://a/chat", "/a//b", "ws://a/chat/a//b"},
		{"ws://a/chat", "//evil/x", "ws://a/chat//evil/x"},
		{"ws://a", "//evil/x", "ws://a//evil/x"},
		{"ws://a", "///", "ws://a///"},
		{"ws://a/chat", "/room/", "ws://a/chat/room/"},
		{"ws://a/chat", "/ios/ws://127.0.0.1:1/x", "ws://a/chat/ios/ws://127.0.0.1:1/x"},
		{"ws://a", "/a?", "ws://a/a?"},
		{"ws://a", "/a??", "ws://a/a??"},
		{"ws://a", "/a?x=%zz&y=/../b", "ws://a/a?x=%zz&y=/../b"},
		{"ws://a", "/.well-known/...", "ws://a/.well-known/..."},
		{"ws://a", "/a..b/..c", "ws://a/a..b/..c"},
		{"ws://a", "/%61%7e", "ws://a/%61%7e"},
		{"ws://a", "/a%2fb/Jos\xc3\xa9", "ws://a/a%2fb/Jos%C3%A9"},
		{"ws://a", "/a%2fb/|{}\"", "ws://a/a%2fb/%7C%7B%7D%22"},
		{"ws://a", "/room?name=Jos\xc3\xa9", "ws://a/room?name=Jos%C3%A9"},
		{"ws://a", "/room?name=\xff", "ws://a/room?name=%FF"},
		{"ws://a", "/room#a?b#c", "ws://a/room%23a?b%23c"},
		{"ws://a", "http://front/a//b?", "ws://a/a//b?"},
		{"ws://a/chat", "http://front", "ws://a/chat"},
		{"ws://a/chat", "http://front?x", "ws://a/chat?x"},
	} {
		b, err := newBackends([]string{c.to})
		if err != nil {
			t.Fatal(err)
		}
		request, err := url.ParseRequestURI(c.request)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := b.all[0].target(request); got != c.want || err != nil {
			t.Errorf("the target for %s with %q is %s, %v; expected %s", c.to, c.request, got, err, c.want)
		}
	}
}

func TestBackendTargetErrors(t *testing.T) {
	b, err := newBackends([]string{"ws://a/chat?token=s"})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"/..", "/.", "/a/./b", "/a/..", "/../admin", "/x/../../admin", "//../admin", "/%2e%2e/admin", "/%2E./admin", "/.%2e/admin", "/%2e", "/a/%2e/b",
		"/..%2fadmin", "/..%2Fadmin", "/a%2f..%2fadmin", `/..\admin`, "/..%5cadmin", "/..;/admin", "/..;a=b/admin", "/..%3b/admin", "/\xc3\xa9/../..",
		"http://front/../admin", "*", "mailto:x",
	} {
		request, err := url.ParseRequestURI(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := b.all[0].target(request); err == nil {
			t.Errorf("the target for %q is %s, expected an error", text, got)
		}
	}
}

// A program that serves the proxy below a prefix changes the URL of the request.
func TestBackendTargetChangedURL(t *testing.T) {
	b, err := newBackends([]string{"ws://a/chat"})
	if err != nil {
		t.Fatal(err)
	}
	for want, request := range map[string]*url.URL{
		"ws://a/chat/room":     {Path: "/room", RawPath: "/prefix/ro%6Fm"}, // not updated by the program
		"ws://a/chat/ro%6Fm":   {Path: "/room", RawPath: "/ro%6Fm"},
		"ws://a/chat/a%20room": {Path: "/a room"},
	} {
		if got, err := b.all[0].target(request); got != want || err != nil {
			t.Errorf("the target for %+v is %s, %v; expected %s", request, got, err, want)
		}
	}
}
