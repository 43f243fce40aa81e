package protocol

import "testing"

// expectAllocs fails if a call of f allocates more than the budget.
func expectAllocs(t *testing.T, what string, budget float64, f func()) {
	t.Helper()
	if got := testing.AllocsPerRun(200, f); got > budget {
		t.Errorf("%s allocates %v times, expected at most %v", what, got, budget)
	}
}

// drain takes all events and writes all output, into the buffer it returns.
func drain(m *Machine, spare []byte) []byte {
	for ok := true; ok; {
		_, ok = m.Next()
	}
	out := m.Output(spare)
	m.Wrote(len(out))
	return out
}

func TestReceivingASmallMessageAllocatesNothing(t *testing.T) {
	for _, role := range []Role{Server, Client} {
		m := newPlayer(Config{}, role).m
		wire := mustEncode(t, role, `text "hello, world"`)
		arrived := make([]byte, len(wire))
		expectAllocs(t, "receiving a small message as a "+role.String(), 0, func() {
			copy(arrived, wire)
			m.Receive(arrived)
			if ev, ok := m.Next(); !ok || ev.Kind != EventMessage {
				t.Fatal("the message does not arrive")
			}
			m.Next()
		})
	}
}

func TestSendingASmallMessageAllocatesNothing(t *testing.T) {
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
				t.Fatal("the message is refused")
			}
			spare, other = other, drain(m, spare)
		})
	}
}

func TestAnIdleMachineHoldsNoBuffer(t *testing.T) {
	m := New(Config{})
	m.Receive(mustEncode(t, Server, `ping "x"*125 | text "a" more | cont "b" | binary "x"*5000`))
	for range 2 {
		drain(m, nil)
	}
	if m.input != nil || m.output != nil || m.body != nil || m.control != nil || m.pong != nil {
		t.Error("a machine with nothing to do holds a buffer")
	}
}

func TestAnswerToAPingAllocatesLittle(t *testing.T) {
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
