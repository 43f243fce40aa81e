package protocol

import (
	"strings"
	"testing"
)

// events hands b to the machine and returns what comes out.
func events(m *Machine, b []byte) []string {
	m.Receive(b)
	var out []string
	for {
		ev, ok := m.Next()
		if !ok {
			return out
		}
		out = append(out, describeEvent(ev))
	}
}

func TestWholeMessageIsUnmaskedInPlace(t *testing.T) {
	m := New(Config{})
	b := mustEncode(t, Server, `text "hello"`)
	m.Receive(b)
	ev, ok := m.Next()
	if !ok || ev.Owned || string(ev.Payload) != "hello" {
		t.Fatalf("a whole message gives %+v, expected an event that borrows the payload", ev)
	}
	if &ev.Payload[0] != &b[len(b)-5] {
		t.Error("the payload of a whole message is a copy")
	}
}

func TestMessageInPiecesIsOwned(t *testing.T) {
	m := New(Config{})
	b := mustEncode(t, Server, `text "hello"`)
	for i := range b {
		one := []byte{b[i]}
		m.Receive(one)
		ev, ok := m.Next()
		one[0] = '!' // what arrived is reused by the driver
		if last := i == len(b)-1; ok != last {
			t.Fatalf("byte %d of %d gives an event: %t", i+1, len(b), ok)
		} else if ok && (!ev.Owned || string(ev.Payload) != "hello") {
			t.Errorf("the message is %+v, expected one that owns its payload", ev)
		}
	}
}

// TestReceiveBeforeNextIsDone: bytes that come while others wait are not lost.
func TestReceiveBeforeNextIsDone(t *testing.T) {
	m := New(Config{})
	first := mustEncode(t, Server, `text "one" | text "two" | text "thr" more`)
	m.Receive(first)
	if ev, ok := m.Next(); !ok || string(ev.Payload) != "one" {
		t.Fatalf("the first event is %+v", ev)
	}
	got := events(m, mustEncode(t, Server, `cont "ee"`))
	if len(got) != 2 || got[0] != `message text "two"` || got[1] != `message text "three"` {
		t.Errorf("the rest is %q", got)
	}
}

// TestReceiveKeepsWhatFollowsInTheCallersBuffer: appending what came later must
// not write behind the bytes that came first.
func TestReceiveKeepsWhatFollowsInTheCallersBuffer(t *testing.T) {
	m := New(Config{})
	guard := strings.Repeat("guard", 20)
	buffer := append(mustEncode(t, Server, `text "one"`), guard...)
	m.Receive(buffer[:len(buffer)-len(guard)])
	m.Receive(mustEncode(t, Server, `text "two"`))
	if got := string(buffer[len(buffer)-len(guard):]); got != guard {
		t.Errorf("the bytes behind those received are now %q", got)
	}
}

// TestNothingIsKeptOnceInputIsDropped: a connection that lingers holds no part of
// a message that will never end.
func TestNothingIsKeptOnceInputIsDropped(t *testing.T) {
	for _, ending := range []string{`close 1000`, `opcode 5`} {
		m := New(Config{HalfOpen: true})
		events(m, mustEncode(t, Server, `binary "x"*100000 more`))
		if m.body == nil {
			t.Fatal("the test needs a message that is arriving")
		}
		events(m, mustEncode(t, Server, ending))
		if m.body != nil || len(m.input) > 0 || m.control != nil {
			t.Errorf("after %q the machine still holds %d bytes of a message", ending, cap(m.body))
		}
	}
}

func TestFloodWhileEndingIsCounted(t *testing.T) {
	m := New(Config{MaxLinger: 1000})
	events(m, mustEncode(t, Server, `close 1000`))
	events(m, make([]byte, 1000))
	if m.Done() {
		t.Error("the transport is closed at the bound, expected above it")
	}
	if events(m, make([]byte, 1)); !m.Done() {
		t.Error("a flood above the bound does not close the transport")
	}
}

// TestBytesAfterTheEndChangeNothing: a driver may still have some in its hands.
func TestBytesAfterTheEndChangeNothing(t *testing.T) {
	m := New(Config{MaxLinger: 10})
	m.ReceiveEOF()
	events(m, nil)
	before := m.ShouldCloseWrite()
	if got := events(m, make([]byte, 100)); got != nil || m.ShouldCloseWrite() != before {
		t.Errorf("bytes after the end give %q, and the order to half-close goes from %t to %t", got, before, m.ShouldCloseWrite())
	}
}

func TestAtBoundary(t *testing.T) {
	m := New(Config{})
	b := mustEncode(t, Server, `text "hello" more`)
	if !m.AtBoundary() {
		t.Error("a fresh machine is inside a frame")
	}
	for i := range b {
		events(m, b[i:i+1])
		if last := i == len(b)-1; m.AtBoundary() != last {
			t.Errorf("after %d of %d bytes of a frame the next byte begins one: %t", i+1, len(b), m.AtBoundary())
		}
	}
}

// TestEndDue: known as soon as the end is certain, until the terminal event is out.
func TestEndDue(t *testing.T) {
	m := New(Config{})
	if m.EndDue() {
		t.Error("a fresh machine is to end")
	}
	m.Receive(mustEncode(t, Server, `text "last" | opcode 5`))
	if m.Next(); m.EndDue() {
		t.Error("the end is certain before the violation is read")
	}
	if ev, _ := m.Next(); ev.Kind != EventClosed || m.EndDue() {
		t.Errorf("after the terminal event, %v, the end is still due: %t", ev.Kind, m.EndDue())
	}
	aborted := New(Config{})
	if aborted.Abort(CauseTransport); !aborted.EndDue() {
		t.Error("an abort makes no end certain")
	}
}
