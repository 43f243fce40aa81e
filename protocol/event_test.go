package protocol

import (
	"slices"
	"testing"
)

// Events are returned in order of arrival, also if all input arrives together, and the
// terminal event is the last.
func TestMachineNextOrder(t *testing.T) {
	m := New(Config{})
	m.Receive(mustEncode(t, Server, `text "a" | ping "b" | binary "c" more | pong "d" | cont "e" | close 1000`))
	var got []string
	for {
		ev, ok := m.Next()
		if ok {
			got = append(got, describeEvent(ev))
			continue
		}
		out := m.Output(nil)
		if len(out) == 0 {
			break
		}
		m.Wrote(len(out))
	}
	want := []string{`message text "a"`, `ping "b"`, `pong "d"`, `message binary "ce"`, `closed`}
	if !slices.Equal(got, want) {
		t.Errorf("the events are %q, expected %q", got, want)
	}
}
