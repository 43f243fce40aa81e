package proxy

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackendURLs(t *testing.T) {
	for _, urls := range [][]string{nil, {"http://a"}, {"ws://"}, {"a:9000"}, {"ws://a", "::"}} {
		if _, err := newBackends(urls); err == nil {
			t.Errorf("%q are no backends; got no error", urls)
		}
	}
	for text, reason := range map[string]string{
		"ws://127.0.0.1:9/a#b": "fragment", "ws://127.0.0.1:99999": "port", "ws://127.0.0.1:0": "port", "ws://[::1]:65536/": "port", "ws://:9000": "host",
		"ws://b\xc3\xbccher.example": "xn--", "ws://a?b c": "percent-encoded", "ws://a:b": "port", "ws://[::1": "", "http://a": "ws nor wss",
		"ws:a": "host", "ws://u:secret@a:99999": "port", "ws://u:secret@a b": "", "": "scheme", "/path": "scheme",
	} {
		err := CheckBackend(text)
		if err == nil || !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q is refused with one line about %q and without the password; got %v", text, reason, err)
		}
	}
	for _, text := range []string{"ws://a", "wss://u:p@a:65535/b%20c?d=e", "ws://[fe80::1%25eth0]:1"} {
		if err := CheckBackend(text); err != nil {
			t.Errorf("%q is a backend; got %v", text, err)
		}
	}
}

func TestTheBackendWithTheFewestConnectionsThatCanBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := newBackends([]string{"ws://a", "ws://b", "ws://c"})
		if err != nil {
			t.Fatal(err)
		}
		take := func() *backend { return b.take(nil) }
		first, second, third := take(), take(), take()
		if first == second || second == third || first == third {
			t.Error("each gets one before any gets two")
		}
		b.leave(second)
		if take() != second {
			t.Error("the one with the fewest is next")
		}
		b.leave(second)
		b.failed(second, 5*time.Second)
		if take() == second {
			t.Error("one that could not be reached is left alone")
		}
		tried := map[*backend]bool{first: true, third: true}
		if b.take(tried) != second {
			t.Error("unless there is no other")
		}
		tried[second] = true
		if b.take(tried) != nil {
			t.Error("none is tried twice")
		}
		time.Sleep(6 * time.Second)
		b.leave(second)
		if take() != second {
			t.Error("after a while it is tried again")
		}
		b.reached(second)
		if !second.until.IsZero() {
			t.Error("one that answers is as good as any")
		}
	})
}
