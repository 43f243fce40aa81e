package protocol

import (
	"strings"
	"testing"
)

// events passes b to the machine and returns its events.
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

func TestMachineReceiveInPlace(t *testing.T) {
	m := New(Config{})
	b := mustEncode(t, Server, `text "hello"`)
	m.Receive(b)
	ev, ok := m.Next()
	if !ok || ev.Owned || string(ev.Payload) != "hello" {
		t.Fatalf("a message in one segment gives %+v, expected an event that is not Owned", ev)
	}
	if &ev.Payload[0] != &b[len(b)-5] {
		t.Error("the payload of a message in one segment is a copy")
	}
}

func TestMachineReceiveByteByByte(t *testing.T) {
	m := New(Config{})
	b := mustEncode(t, Server, `text "hello"`)
	for i := range b {
		one := []byte{b[i]}
		m.Receive(one)
		ev, ok := m.Next()
		one[0] = '!' // the driver reuses its buffer
		if last := i == len(b)-1; ok != last {
			t.Fatalf("byte %d of %d gives an event: %t", i+1, len(b), ok)
		} else if ok && (!ev.Owned || string(ev.Payload) != "hello") {
			t.Errorf("the message is %+v, expected one that is Owned", ev)
		}
	}
}

// Bytes that are received before earlier ones are parsed are not lost.
func TestMachineReceiveBeforeNext(t *testing.T) {
	m := New(Config{})
	first := mustEncode(t, Server, `text "one" | text "two" | text "thr" more`)
	m.Receive(first)
	if ev, ok := m.Next(); !ok || string(ev.Payload) != "one" {
		t.Fatalf("the first event is %+v", ev)
	}
	got := events(m, mustEncode(t, Server, `cont "ee"`))
	if len(got) != 2 || got[0] != `message text "two"` || got[1] != `message text "three"` {
		t.Errorf("the other events are %q", got)
	}
}

// Appending later input to unparsed input must not overwrite the rest of the caller's
// buffer.
func TestMachineReceiveKeepsCallersBuffer(t *testing.T) {
	m := New(Config{})
	guard := strings.Repeat("guard", 20)
	buffer := append(mustEncode(t, Server, `text "one"`), guard...)
	m.Receive(buffer[:len(buffer)-len(guard)])
	m.Receive(mustEncode(t, Server, `text "two"`))
	if got := string(buffer[len(buffer)-len(guard):]); got != guard {
		t.Errorf("the bytes after the received ones are overwritten: %q", got)
	}
}

// While the connection ends, the machine does not keep a message that can no longer be
// completed.
func TestMachineReceiveReleasesIncompleteMessage(t *testing.T) {
	for _, ending := range []string{`close 1000`, `opcode 5`} {
		m := New(Config{HalfOpen: true})
		events(m, mustEncode(t, Server, `binary "x"*100000 more`))
		if m.body == nil {
			t.Fatal("the incomplete message is not buffered")
		}
		events(m, mustEncode(t, Server, ending))
		if m.body != nil || len(m.input) > 0 || m.control != nil {
			t.Errorf("after %q the machine keeps %d bytes of a message", ending, cap(m.body))
		}
	}
}

func TestMachineMaxLinger(t *testing.T) {
	m := New(Config{MaxLinger: 1000})
	events(m, mustEncode(t, Server, `close 1000`))
	events(m, make([]byte, 1000))
	if m.Done() {
		t.Error("the connection is aborted at the limit, expected above it")
	}
	if events(m, make([]byte, 1)); !m.Done() {
		t.Error("input above the limit does not abort the connection")
	}
}

// Bytes that a driver passes after the end have no effect.
func TestMachineReceiveAfterEnd(t *testing.T) {
	m := New(Config{MaxLinger: 10})
	m.ReceiveEOF()
	events(m, nil)
	before := m.ShouldCloseWrite()
	if got := events(m, make([]byte, 100)); got != nil || m.ShouldCloseWrite() != before {
		t.Errorf("bytes after the end give %q, and ShouldCloseWrite changes from %t to %t", got, before, m.ShouldCloseWrite())
	}
}

func TestMachineAtBoundary(t *testing.T) {
	m := New(Config{})
	b := mustEncode(t, Server, `text "hello" more`)
	if !m.AtBoundary() {
		t.Error("AtBoundary of a new machine is false")
	}
	for i := range b {
		events(m, b[i:i+1])
		if last := i == len(b)-1; m.AtBoundary() != last {
			t.Errorf("after %d of %d bytes of a frame AtBoundary is %t", i+1, len(b), m.AtBoundary())
		}
	}
}

// EndDue is true from the moment the end is certain until Next returns the terminal event.
func TestMachineEndDue(t *testing.T) {
	m := New(Config{})
	if m.EndDue() {
		t.Error("EndDue of a new machine is true")
	}
	m.Receive(mustEncode(t, Server, `text "last" | opcode 5`))
	if m.Next(); m.EndDue() {
		t.Error("EndDue is true before the violation is parsed")
	}
	if ev, _ := m.Next(); ev.Kind != EventClosed || m.EndDue() {
		t.Errorf("the event is %v and EndDue %t, expected the terminal event and false", ev.Kind, m.EndDue())
	}
	aborted := New(Config{})
	if aborted.Abort(CauseTransport); !aborted.EndDue() {
		t.Error("EndDue is false after an abort")
	}
}
