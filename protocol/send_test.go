package protocol

import (
	"bytes"
	"errors"
	"testing"
)

func TestMachineSendErrors(t *testing.T) {
	inside := func(m *Machine) error { return m.SendFragment(Text, nil, false) }
	closed := func(m *Machine) error { return m.Close(CloseNormal, "") }
	waits := func(m *Machine) error { return errors.Join(inside(m), closed(m)) }
	fails := func(m *Machine) error {
		m.Receive([]byte{0x83})
		m.Next()
		return nil
	}
	ended := func(m *Machine) error {
		m.ReceiveEOF()
		return nil
	}
	fresh := func(*Machine) error { return nil }
	for _, c := range []struct {
		name   string
		before func(*Machine) error
		call   func(*Machine) error
		want   error
	}{
		{"a ping as a message", fresh, func(m *Machine) error { return m.Send(Ping, nil) }, ErrOpcode},
		{"a continuation as a message", fresh, func(m *Machine) error { return m.Send(Continuation, nil) }, ErrOpcode},
		{"a message inside a message", inside, func(m *Machine) error { return m.Send(Binary, nil) }, ErrOpcode},
		{"text that is not UTF-8", fresh, func(m *Machine) error { return m.Send(Text, []byte{0xFF}) }, ErrText},
		{"a message after our Close", closed, func(m *Machine) error { return m.Send(Text, nil) }, ErrClosing},
		{"a message while our Close waits", waits, func(m *Machine) error { return m.Send(Text, nil) }, ErrClosing},
		{"a message after a failure", fails, func(m *Machine) error { return m.Send(Text, nil) }, ErrClosing},
		{"a message after EOF", ended, func(m *Machine) error { return m.Send(Text, nil) }, ErrClosing},
		{"a fragment with a control opcode", fresh, func(m *Machine) error { return m.SendFragment(CloseFrame, nil, true) }, ErrOpcode},
		{"a continuation without a message", fresh, func(m *Machine) error { return m.SendFragment(Continuation, nil, true) }, ErrOpcode},
		{"a first fragment inside a message", inside, func(m *Machine) error { return m.SendFragment(Text, nil, true) }, ErrOpcode},
		{"a new message while our Close waits", waits, func(m *Machine) error { return m.SendFragment(Text, nil, true) }, ErrClosing},
		{"a fragment after our Close", closed, func(m *Machine) error { return m.SendFragment(Text, nil, true) }, ErrClosing},
		{"a continuation after a failure", fails, func(m *Machine) error { return m.SendFragment(Continuation, nil, true) }, ErrClosing},
		{"a fragment that is not UTF-8", inside, func(m *Machine) error { return m.SendFragment(Continuation, []byte{0xFF}, true) }, ErrText},
		{"text that ends inside a character", inside, func(m *Machine) error { return m.SendFragment(Continuation, []byte{0xE2}, true) }, ErrText},
		{"a long ping", fresh, func(m *Machine) error { return m.Ping(make([]byte, 126)) }, ErrPing},
		{"a ping after our Close", closed, func(m *Machine) error { return m.Ping(nil) }, ErrClosing},
		{"an illegal close", fresh, func(m *Machine) error { return m.Close(1005, "") }, ErrCloseCode},
	} {
		m := New(Config{})
		if err := c.before(m); err != nil {
			t.Fatal(err)
		}
		queued, state := m.Queued(), m.State()
		if err := c.call(m); !errors.Is(err, c.want) {
			t.Errorf("%s returns %v, expected %v", c.name, err, c.want)
		}
		if m.Queued() != queued || m.State() != state {
			t.Errorf("%s is refused but changes the connection", c.name)
		}
	}
}

// A fragment that is refused does not change the state of the UTF-8 check, so that another
// one can be sent in its place.
func TestMachineSendFragmentAfterError(t *testing.T) {
	m := New(Config{})
	if err := m.SendFragment(Text, []byte("\xe2\x82"), false); err != nil {
		t.Fatal(err)
	}
	if err := m.SendFragment(Continuation, []byte("x"), false); !errors.Is(err, ErrText) {
		t.Errorf("a fragment that interrupts a character returns %v, expected %v", err, ErrText)
	}
	if err := m.SendFragment(Continuation, []byte("\xac"), true); err != nil {
		t.Errorf("a valid fragment after a refused one returns %v", err)
	}
}

func TestMachineSendFragmentBinary(t *testing.T) {
	m := New(Config{})
	err := errors.Join(m.SendFragment(Binary, []byte{0xFF}, false), m.SendFragment(Continuation, []byte{0xFF}, true))
	if err != nil {
		t.Errorf("binary fragments return %v", err)
	}
}

func TestMachineQueued(t *testing.T) {
	m := New(Config{})
	if err := m.Send(Binary, make([]byte, 98)); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		what string
		do   func()
		want int
	}{
		{"after a send", func() {}, 100},
		{"after the driver has taken it", func() { m.Output(nil) }, 100},
		{"after half of it is written", func() { m.Wrote(50) }, 50},
		{"after all of it is written", func() { m.Wrote(50) }, 0},
		{"after more is reported than was taken", func() { m.Wrote(50) }, 0},
	}
	for _, s := range steps {
		if s.do(); m.Queued() != s.want {
			t.Errorf("%s %d bytes are queued, expected %d", s.what, m.Queued(), s.want)
		}
	}
}

func TestMachineOutputSpare(t *testing.T) {
	m := New(Config{})
	spare := make([]byte, 5, 64)
	if out := m.Output(spare); len(out) != 0 {
		t.Fatalf("an idle machine has output % x", out)
	}
	if err := m.Send(Text, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	out := m.Output(nil)
	if want := []byte{0x81, 2, 'h', 'i'}; !bytes.Equal(out, want) || &out[0] != &spare[0] {
		t.Errorf("the output is % x, expected % x in the spare buffer", out, want)
	}
}

// A peer that pings and never reads uses a bounded amount of memory.
func TestMachineQueuedBoundedByPings(t *testing.T) {
	p := newPlayer(Config{}, Server)
	p.stalled = true
	ping := mustEncode(t, Server, `ping "x"*125`)
	for range 10_000 {
		p.arrive(ping)
		p.wire, p.events = nil, nil
	}
	if limit := pongBacklog + 2*(MaxControl+2); p.m.Queued() > limit {
		t.Errorf("10,000 pings of a peer that does not read queue %d bytes of pongs, expected at most %d", p.m.Queued(), limit)
	}
}

func mustEncode(t testing.TB, role Role, what string) []byte {
	t.Helper()
	b, err := encodePeer(role, what)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMachineMaskKey(t *testing.T) {
	var n byte
	m := New(Config{Role: Client, MaskKey: func() [4]byte {
		n++
		return [4]byte{n, n, n, n}
	}})
	if err := errors.Join(m.Ping([]byte{0}), m.Send(Text, []byte{0}), m.Close(CloseNormal, "")); err != nil {
		t.Fatal(err)
	}
	want := []byte{0x89, 0x81, 1, 1, 1, 1, 1, 0x81, 0x81, 2, 2, 2, 2, 2, 0x88, 0x82, 3, 3, 3, 3, 0x03 ^ 3, 0xE8 ^ 3}
	if got := m.Output(nil); !bytes.Equal(got, want) {
		t.Errorf("a client sends\n% x, expected a different key for each frame\n% x", got, want)
	}
}
