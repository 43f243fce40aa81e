//go:build unix

package process

import (
	"slices"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/race"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/script"
)

// countingHost counts the calls of a child.
type countingHost struct {
	fakeHost
	sent, done, together int
}

func (h *countingHost) Send(string, linger.Payload) error { h.sent++; return nil }
func (h *countingHost) Done(int)                          { h.done++ }
func (h *countingHost) Together(_ string, send func())    { h.together++; send() }

// callsOf returns the frames of a series of messages that a child has echoed: n calls of send, and one of done.
func callsOf(r *remote, n int) []frame {
	var all []byte
	number := func(name string) uint16 { return uint16(slices.Index(r.names, name)) } //nolint:gosec // a list of names
	for range n {
		all = appendCall(all, number("send"), []engine.Value{engine.String("a connection"), engine.String("a message")})
	}
	all = appendCall(all, number("done"), []engine.Value{engine.Int(1)})
	in := incoming{buffer: all, have: len(all)}
	var b frameBatch
	_ = in.split(&b) // these frames are complete
	return b.frames
}

func TestRemoteSendsTogether(t *testing.T) {
	t.Parallel()
	h := &countingHost{}
	r, _ := New(func(script.Host) Options { return Options{} })(h, script.Application{}).(*remote)
	if err := r.handle(callsOf(r, 16)); err != nil || h.sent != 16 || h.done != 1 || h.together != 1 {
		t.Errorf("16 messages leave together; got %d in %d groups, and %d ends of an event, %v", h.sent, h.together, h.done, err)
	}
}

func TestRemoteAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	h := &countingHost{}
	r, _ := New(func(script.Host) Options { return Options{} })(h, script.Application{}).(*remote)
	frames := callsOf(r, 1)
	if n := testing.AllocsPerRun(100, func() { _ = r.handle(frames) }); n > 0 {
		t.Errorf("a message that a child sends, and the end of its event, allocate nothing; got %v allocations", n)
	}
}
