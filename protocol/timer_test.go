package protocol

import (
	"slices"
	"testing"
)

func TestMachineExpireOtherTimer(t *testing.T) {
	for _, late := range []Timer{TimerNone, TimerClose, TimerHalfOpen, TimerLinger} {
		m := New(Config{})
		if m.Expire(late); m.State() != StateOpen {
			t.Errorf("the %s timer changes an open connection", late)
		}
		events(m, mustEncode(t, Server, `close 1000`)) // the answer is queued
		if m.Expire(late); m.Done() != (late == TimerClose) {
			t.Errorf("the %s timer ends a connection that needs the %s timer: %t", late, m.Timer(), m.Done())
		}
	}
}

// TestMachineTimer checks the timers of a connection from open to its end.
func TestMachineTimer(t *testing.T) {
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

// A bounded number of timers ends a connection that has begun to close, whatever the peer
// reads or sends.
func TestMachineExpireEndsConnection(t *testing.T) {
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
			t.Errorf("after %q and %d timers the connection has ended: %t; expected that within 3", path, fired, p.m.Done())
		}
	}
}

func TestTimerString(t *testing.T) {
	for timer, want := range []string{"none", "close", "half-open", "linger", "?"} {
		if got := Timer(timer).String(); got != want {
			t.Errorf("Timer(%d).String() is %q, expected %q", timer, got, want)
		}
	}
}
