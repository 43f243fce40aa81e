package engine

import "testing"

func TestStatesHaveNames(t *testing.T) {
	for s, want := range map[State]string{Pending: "pending", Fulfilled: "fulfilled", Rejected: "rejected", 9: "State(9)"} {
		if s.String() != want {
			t.Errorf("state %d should be named %s, got %s", s, want, s)
		}
	}
}

func TestReleasedPromiseKeepsWhatItTold(t *testing.T) {
	r := open(t, Options{})
	told, err := r.EvalModule("a.js", "throw new Error('x')")
	if err != nil {
		t.Fatal(err)
	}
	if first := told.Err(); first.Message != "x" || told.Err() != first {
		t.Errorf("a rejected promise should tell one and the same error, got %v", first)
	}
	told.Release()
	told.Release()
	if told.State() != Pending || told.Err() == nil {
		t.Error("a released promise should be pending and keep the error it told")
	}
}
