package worker

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// recordedTransport records the calls of a transport as text.
type recordedTransport struct {
	noTransport
	calls *[]string
}

func (t recordedTransport) send(p linger.Payload) { *t.calls = append(*t.calls, "send "+p.String()) }
func (t recordedTransport) close(code protocol.CloseCode, reason string) {
	*t.calls = append(*t.calls, fmt.Sprint("close ", int(code), " ", reason))
}
func (t recordedTransport) answerClose() { *t.calls = append(*t.calls, "answer") }

func TestGatedTransport(t *testing.T) {
	t.Parallel()
	var calls []string
	want := func(what string, wanted ...string) {
		t.Helper()
		if !slices.Equal(calls, wanted) {
			t.Errorf("%s: %q, expected %q", what, calls, wanted)
		}
	}
	gate := &outputGate{}
	transport := gatedTransport{recordedTransport{calls: &calls}, gate}
	transport.send(linger.Text("1"))
	want("without a commit a message leaves at once", "send 1")
	gate.hold()
	transport.send(linger.Text("2"))
	gate.hold()
	transport.send(linger.Text("3"))
	transport.close(4000, "bye")
	want("a message waits for the commits that have begun before it", "send 1")
	gate.release(nil)
	want("and for no others", "send 1", "send 2")
	gate.release(nil)
	want("a Close waits too", "send 1", "send 2", "send 3", "close 4000 bye")
	gate.hold()
	transport.send(linger.Text("4"))
	transport.answerClose()
	calls = nil
	gate.release(errors.New("disk full"))
	want("what rests on a failed commit does not leave, and the connection is closed", "close 1011 the application failed", "close 1011 the application failed")
}

func TestLateSocketBound(t *testing.T) {
	t.Parallel()
	s := &lateSocket{}
	for range 3 {
		s.send(linger.Binary(make([]byte, maxEarlyBytes)))
	}
	if n := len(s.early.calls); n != 1 {
		t.Fatalf("messages beyond the bound are dropped, and the connection will be closed; %d calls wait", n)
	}
	var calls []string
	s.early.calls[0](recordedTransport{calls: &calls})
	if want := []string{"close 1013 too much was sent before the connection was open"}; !slices.Equal(calls, want) {
		t.Errorf("the connection is closed; got %q", calls)
	}
}
