package protocol

import "testing"

// expectAllocs fails the test if a call of f allocates more than budget times.
func expectAllocs(t *testing.T, what string, budget float64, f func()) {
	t.Helper()
	if got := testing.AllocsPerRun(200, f); got > budget {
		t.Errorf("%s allocates %v times, expected at most %v", what, got, budget)
	}
}

// drain takes all events and writes all output. It returns the output buffer, and
// leaves spare with the machine.
func drain(m *Machine, spare []byte) []byte {
	for ok := true; ok; {
		_, ok = m.Next()
	}
	out := m.Output(spare)
	m.Wrote(len(out))
	return out
}

func TestMachineReceiveAllocs(t *testing.T) {
	for _, role := range []Role{Server, Client} {
		m := newPlayer(Config{}, role).m
		wire := mustEncode(t, role, `text "hello, world"`)
		arrived := make([]byte, len(wire))
		expectAllocs(t, "receiving a small message as a "+role.String(), 0, func() {
			copy(arrived, wire)
			m.Receive(arrived)
			if ev, ok := m.Next(); !ok || ev.Kind != EventMessage {
				t.Fatal("no message event")
			}
			m.Next()
		})
	}
}

func TestMachineSendAllocs(t *testing.T) {
	payload := []byte("hello, world")
	prepared, err := Prepare(Text, payload)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []Role{Server, Client} {
		m := newPlayer(Config{}, role).m
		spare := make([]byte, 0, 256)
		other := make([]byte, 0, 256)
		expectAllocs(t, "sending a small message as a "+role.String(), 0, func() {
			if m.Send(Text, payload) != nil || m.SendPrepared(prepared) != nil {
				t.Fatal("a message is refused")
			}
			spare, other = other, drain(m, spare)
		})
	}
}

func TestMachineIdleReleasesBuffers(t *testing.T) {
	m := New(Config{})
	m.Receive(mustEncode(t, Server, `ping "x"*125 | text "a" more | cont "b" | binary "x"*5000`))
	for range 2 {
		drain(m, nil)
	}
	if m.input != nil || m.output != nil || m.body != nil || m.control != nil || m.pong != nil {
		t.Error("an idle machine keeps a buffer")
	}
}

func TestMachinePongAllocs(t *testing.T) {
	m := New(Config{})
	wire := mustEncode(t, Server, `ping "x"*125`)
	arrived := make([]byte, len(wire))
	spare, other := make([]byte, 0, 256), make([]byte, 0, 256)
	expectAllocs(t, "answering a ping", 1, func() {
		copy(arrived, wire)
		m.Receive(arrived)
		spare, other = other, drain(m, spare)
	})
}
