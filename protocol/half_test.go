package protocol

import "testing"

func TestHalfAndStateWords(t *testing.T) {
	for half, want := range []string{"open", "finished", "gone", "?"} {
		if got := Half(half).String(); got != want {
			t.Errorf("half %d is called %q, expected %q", half, got, want)
		}
	}
	for state, want := range []string{"OPEN", "CLOSING", "CLOSED", "?"} {
		if got := State(state).String(); got != want {
			t.Errorf("state %d is called %q, expected %q", state, got, want)
		}
	}
}
