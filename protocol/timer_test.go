package protocol

import (
	"slices"
	"testing"
)

func TestExpireOfATimerNobodyWantsIsIgnored(t *testing.T) {
	for _, late := range []Timer{TimerNone, TimerClose, TimerHalfOpen, TimerLinger} {
		m := New(Config{})
		if m.Expire(late); m.State() != StateOpen {
			t.Errorf("the %s timer changes a connection that is open", late)
		}
		events(m, mustEncode(t, Server, `close 1000`)) // the answer waits to be written
		if m.Expire(late); m.Done() != (late == TimerClose) {
			t.Errorf("the %s timer ends a connection that wants the %s timer: %t", late, m.Timer(), m.Done())
		}
	}
}

// TestTimersOfAWholeLife: which timer runs, from open to the end.
func TestTimersOfAWholeLife(t *testing.T) {
	p := newPlayer(Config{HalfOpen: true}, Server)
	var got []string
	for _, input := range []string{"stall", "peer close 1000", "app close 1000", "write", "timer"} {
		if _, err := p.play(input); err != nil {
			t.Fatal(err)
		}
		got = append(got, p.m.Timer().String())
	}
	if want := []string{"none", "half-open", "close", "linger", "none"}; !slices.Equal(got, want) {
		t.Errorf("the timers are %q, expected %q", got, want)
	}
}

// TestEveryConnectionThatClosesEnds: whatever the peer takes or leaves, a bounded
// number of timers ends a connection that has begun to close.
func TestEveryConnectionThatClosesEnds(t *testing.T) {
	for _, path := range [][]string{
		{`app close 1000`},
		{`app text "m" more`, `app close 1000`},
		{`peer close 1000`},
		{`stall`, `app binary "x"*50000`, `app close 1000`, `write 20000`},
		{`stall`, `app binary "x"*50000`, `eof`},
		{`peer opcode 5`},
	} {
		p, _, err := replay(Config{HalfOpen: true}, Server, path)
		if err != nil {
			t.Fatal(err)
		}
		fired := 0
		for ; !p.m.Done() && fired < 10; fired++ {
			if _, err := p.play("timer"); err != nil {
				t.Fatal(err)
			}
		}
		if !p.m.Done() || fired > 3 {
			t.Errorf("after %q the connection has ended: %t, after %d timers; expected within 3", path, p.m.Done(), fired)
		}
	}
}

func TestTimerWords(t *testing.T) {
	for timer, want := range []string{"none", "close", "half-open", "linger", "?"} {
		if got := Timer(timer).String(); got != want {
			t.Errorf("timer %d is called %q, expected %q", timer, got, want)
		}
	}
}
