package driver

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/protocol"
)

// untilNext waits in steps of 10 ms until something happens.
func untilNext(s *stage, limit time.Duration) (took time.Duration, what []string) {
	for ; took < limit && len(what) == 0; took += 10 * time.Millisecond {
		what = s.play("wait 10ms")
	}
	return took, what
}

func wantPing(t *testing.T, s *stage, interval time.Duration) {
	t.Helper()
	took, what := untilNext(s, 2*interval)
	if !slices.Equal(what, []string{"> ping"}) {
		t.Errorf("a silent peer must be pinged, and nothing else; got %s", list(what))
	}
	wantTenth(t, took, interval)
}

func wantTenth(t *testing.T, took, interval time.Duration) {
	t.Helper()
	if took < interval*9/10 || took > interval*11/10+10*time.Millisecond {
		t.Errorf("the interval must be %v, give or take a tenth; it was %v", interval, took)
	}
}

func TestKeepAliveTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{}).start()
		wantPing(t, s, 30*time.Second)
		wantPing(t, s, 30*time.Second)
		took, what := untilNext(s, time.Minute)
		wantTenth(t, took, 30*time.Second)
		want := []string{"closed not clean, received 1006, sent 1006, first neither, keepalive", "> RST", "transport closed"}
		if !slices.Equal(what, want) {
			t.Errorf("after two unanswered pings the connection must end as %s; got %s", list(want), list(what))
		}
	})
}

func TestKeepAliveAnyInputAnswersPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: time.Second}).start()
		intervals := map[time.Duration]bool{}
		for range 20 {
			took, what := untilNext(s, 10*time.Second)
			if !slices.Equal(what, []string{"> ping"}) {
				t.Fatalf("a peer that answers must be pinged again, and nothing else; got %s", list(what))
			}
			intervals[took] = true
			s.play("peer pong")
		}
		if len(intervals) < 3 {
			t.Errorf("intervals must vary, so that connections do not ping together; got %v", intervals)
		}
	})
}

func TestKeepAliveBusyPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{}).start()
		for range 20 {
			s.play("peer text still here")
			if what := s.play("wait 26s"); len(what) > 0 {
				t.Fatalf("a peer that sends within the interval must not be pinged; got %s", list(what))
			}
		}
	})
}

func TestKeepAliveDisabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1}).start()
		if what := s.play("wait 10h"); len(what) > 0 {
			t.Errorf("with a negative interval nothing must be sent; got %s", list(what))
		}
	})
}

func TestKeepAliveWhilePaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{}).start()
		s.play("app pause")
		if what := s.play("wait 1h"); len(what) > 0 {
			t.Errorf("while the handler pauses no ping must be sent and no connection closed; got %s", list(what))
		}
		s.play("app resume")
		if _, what := untilNext(s, time.Minute); !slices.Equal(what, []string{"> ping"}) {
			t.Errorf("after the pause the keep-alive must start again; got %s", list(what))
		}
	})
}

func TestKeepAliveWhileHandlerBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{})
		s.handler.onMessage = func(*Driver, []byte) { time.Sleep(time.Hour) }
		s.start()
		s.play("peer text work")
		if what := s.play("wait 59m"); len(what) > 0 {
			t.Errorf("while a call blocks pongs are not read, so the keep-alive must not close the connection; got %s", list(what))
		}
	})
}

func TestKeepAliveWhileClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{CloseTimeout: 2 * time.Hour}).start()
		s.play("app close 1000")
		if what := s.play("wait 1h"); len(what) > 0 {
			t.Errorf("after our Close no ping must be sent, and only CloseTimeout apply; got %s", list(what))
		}
	})
}

func TestKeepAliveRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{}).start()
		if got := s.conn.RoundTrip(); got != 0 {
			t.Errorf("before the first ping there is no round trip; got %v", got)
		}
		s.play("peer pong") // which answers nothing
		if got, ok := s.conn.AnsweredPing(); ok || got != 0 {
			t.Errorf("an unsolicited pong must not be measured; got %v", got)
		}
		for _, want := range []time.Duration{120 * time.Millisecond, 3 * time.Second} {
			if _, what := untilNext(s, time.Hour); !slices.Equal(what, []string{"> ping"}) {
				t.Fatalf("a silent peer must be pinged; got %s", list(what))
			}
			s.play("wait " + want.String())
			s.play("peer pong")
			want += 10 * time.Millisecond // untilNext notices the ping up to 10 ms late
			got, ok := s.conn.AnsweredPing()
			if !ok || got > want || got < want-20*time.Millisecond {
				t.Errorf("the pong must answer the ping after %v; got %v, %v", want, got, ok)
			}
			if _, again := s.conn.AnsweredPing(); again || s.conn.RoundTrip() != got {
				t.Errorf("an answer must be reported once, and its round trip be kept; got %v, %v", again, s.conn.RoundTrip())
			}
		}
	})
}
