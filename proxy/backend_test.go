package proxy

import (
	"net/url"
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
}

func TestTheTargetAddsPathAndQuery(t *testing.T) {
	for _, c := range []struct{ to, request, want string }{
		{"ws://a", "/", "ws://a"},
		{"ws://a", "/room/1?x=2", "ws://a/room/1?x=2"},
		{"ws://a/chat", "/", "ws://a/chat"},
		{"ws://a/chat/", "/room?x=1", "ws://a/chat/room?x=1"},
		{"wss://a/chat?key=k", "/room?x=1", "wss://a/chat/room?key=k&x=1"},
		{"ws://a", "/with%2Fslash", "ws://a/with%2Fslash"},
	} {
		b, err := newBackends([]string{c.to})
		if err != nil {
			t.Fatal(err)
		}
		request, _ := url.Parse(c.request)
		if got := b.all[0].target(request); got != c.want {
			t.Errorf("%s with %s is %s; got %s", c.to, c.request, c.want, got)
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
