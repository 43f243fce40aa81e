package proxy

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestCheckBackend(t *testing.T) {
	for _, urls := range [][]string{nil, {"http://a"}, {"ws://"}, {"a:9000"}, {"ws://a", "::"}} {
		if _, err := newBackends(urls); err == nil {
			t.Errorf("newBackends(%q) returns no error", urls)
		}
	}
	for text, reason := range map[string]string{
		"ws://127.0.0.1:9/a#b": "fragment", "ws://127.0.0.1:99999": "port", "ws://127.0.0.1:0": "port", "ws://[::1]:65536/": "port", "ws://:9000": "host",
		"ws://b\xc3\xbccher.example": "xn--", "ws://a?b c": "percent-encoded", "ws://a:b": "port", "ws://[::1": "", "http://a": "ws nor wss",
		"ws:a": "host", "ws://u:secret@a:99999": "port", "ws://u:secret@a b": "", "": "scheme", "/path": "scheme",
	} {
		err := CheckBackend(text)
		if err == nil || !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("CheckBackend(%q) returns %v, expected one line that contains %q and not the password", text, err, reason)
		}
	}
	for _, text := range []string{"ws://a", "wss://u:p@a:65535/b%20c?d=e", "ws://[fe80::1%25eth0]:1"} {
		if err := CheckBackend(text); err != nil {
			t.Errorf("CheckBackend(%q) returns %v", text, err)
		}
	}
}

func TestBackendsChoose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := newBackends([]string{"ws://a", "ws://b", "ws://c"})
		if err != nil {
			t.Fatal(err)
		}
		choose := func() *backend { return b.choose(nil) }
		first, second, third := choose(), choose(), choose()
		if first == second || second == third || first == third {
			t.Error("a backend is chosen twice before the others")
		}
		b.release(second)
		if choose() != second {
			t.Error("the backend with the fewest connections is not chosen")
		}
		b.release(second)
		b.markDown(second, 5*time.Second)
		if choose() == second {
			t.Error("a backend that is down is preferred")
		}
		tried := map[*backend]bool{first: true, third: true}
		if b.choose(tried) != second {
			t.Error("a backend that is down is not chosen as the last one")
		}
		tried[second] = true
		if b.choose(tried) != nil {
			t.Error("a backend is chosen that was tried")
		}
		time.Sleep(6 * time.Second)
		b.release(second)
		if choose() != second {
			t.Error("a backend is not preferred again after the retry time")
		}
		b.markUp(second)
		if !second.downUntil.IsZero() {
			t.Error("a backend is down after markUp")
		}
	})
}
