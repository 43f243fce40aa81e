package engine

import "testing"

func TestStateString(t *testing.T) {
	for s, want := range map[State]string{Pending: "pending", Fulfilled: "fulfilled", Rejected: "rejected", 9: "State(9)"} {
		if s.String() != want {
			t.Errorf("state %d should be named %s, got %s", s, want, s)
		}
	}
}

func TestPromiseErrAfterRelease(t *testing.T) {
	r := open(t, Options{})
	p, err := r.EvalModule("a.js", "throw new Error('x')")
	if err != nil {
		t.Fatal(err)
	}
	if first := p.Err(); first.Message != "x" || p.Err() != first {
		t.Errorf("Err should return the same error each time, got %v", first)
	}
	p.Release()
	p.Release()
	if p.State() != Pending || p.Err() == nil {
		t.Error("a released promise should be pending, and Err should still return the error")
	}
}
