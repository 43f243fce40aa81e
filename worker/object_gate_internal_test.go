package worker

import (
	"errors"
	"slices"
	"testing"
)

// gateLog records what an output gate has let pass.
type gateLog struct {
	gate outputGate
	sent []string
}

func (l *gateLog) pass(text string) {
	l.gate.pass(func(err error) {
		if err != nil {
			text += " failed"
		}
		l.sent = append(l.sent, text)
	})
}

func (l *gateLog) want(t *testing.T, sent ...string) {
	t.Helper()
	if !slices.Equal(l.sent, sent) {
		t.Errorf("the gate has let pass %q; got %q", sent, l.sent)
	}
}

func TestOutputGate(t *testing.T) {
	t.Parallel()
	t.Run("what is sent before a write passes at once, and what is sent after it waits until it is durable", func(t *testing.T) {
		t.Parallel()
		var l gateLog
		l.pass("before")
		l.gate.hold()
		l.pass("after")
		l.want(t, "before")
		l.gate.release(nil)
		l.want(t, "before", "after")
	})
	t.Run("what is sent between two writes waits for the first one only", func(t *testing.T) {
		t.Parallel()
		var l gateLog
		l.gate.hold()
		l.pass("one")
		l.gate.hold()
		l.pass("two")
		l.gate.release(nil)
		l.want(t, "one")
		l.gate.release(nil)
		l.want(t, "one", "two")
	})
	t.Run("what is sent while others are let pass stays in order", func(t *testing.T) {
		t.Parallel()
		var l gateLog
		l.gate.hold()
		l.gate.pass(func(error) { l.pass("third") })
		l.pass("first")
		l.pass("second")
		l.gate.release(nil)
		l.want(t, "first", "second", "third")
	})
	t.Run("after a failure nothing is sent, until the object is constructed again", func(t *testing.T) {
		t.Parallel()
		var l gateLog
		l.gate.hold()
		l.pass("one")
		l.gate.release(errors.New("the disk is full"))
		l.pass("two")
		l.want(t, "one failed", "two failed")
		l.gate.recover()
		l.pass("three")
		l.want(t, "one failed", "two failed", "three")
	})
}
