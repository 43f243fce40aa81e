package protocol

import "testing"

func TestHalfStateString(t *testing.T) {
	for half, want := range []string{"open", "finished", "gone", "?"} {
		if got := Half(half).String(); got != want {
			t.Errorf("Half(%d).String() is %q, expected %q", half, got, want)
		}
	}
	for state, want := range []string{"OPEN", "CLOSING", "CLOSED", "?"} {
		if got := State(state).String(); got != want {
			t.Errorf("State(%d).String() is %q, expected %q", state, got, want)
		}
	}
}
