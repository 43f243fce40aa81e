package protocol

import (
	"errors"
	"slices"
	"testing"
)

func TestMachineCloseTwice(t *testing.T) {
	m := New(Config{})
	if !m.MaySend() {
		t.Error("MaySend is false on an open connection")
	}
	if err := m.Close(4000, "first"); err != nil {
		t.Fatal(err)
	}
	queued := m.Queued()
	if err := m.Close(4001, "second"); err != nil {
		t.Errorf("a second close returns %v, expected no error", err)
	}
	if m.Queued() != queued || m.Outcome().Sent != (Status{4000, "first"}) || m.MaySend() {
		t.Errorf("a second close has an effect: sent is %v", m.Outcome().Sent)
	}
	if err := m.Close(1005, ""); !errors.Is(err, ErrCloseCode) {
		t.Errorf("a second close with an invalid code returns %v, expected %v", err, ErrCloseCode)
	}
}

// Pings of the peer do not extend the closing handshake, neither a flood of them nor
// with a long queue that is read slowly.
func TestMachineClosePeerOnlyPings(t *testing.T) {
	for _, path := range [][]string{
		{`app close 1000`},
		{`stall`, `app close 1000`},
		{`stall`, `app binary "x"*17000`, `app close 1000`},
		{`app text "m" more`, `app close 1000`},
	} {
		p, _, err := replay(Config{}, Server, path)
		if err != nil {
			t.Fatal(err)
		}
		pings := slices.Repeat(mustEncode(t, Server, `ping "x"*125`), 100)
		periods := 0
		for ; !p.m.Done() && periods < 50; periods++ {
			p.arrive(slices.Clone(pings))
			p.write("")
			p.settle()
			if _, err := p.play("timer"); err != nil {
				t.Fatal(err)
			}
		}
		if periods > 6 {
			t.Errorf("after %q a connection whose peer only pings is aborted after %d close timers, expected at most 6", path, periods)
		}
	}
}

func TestMachineReceiveEOFTwice(t *testing.T) {
	for _, path := range [][]string{{`eof`}, {`stall`, `app text "q"`, `eof`}, {`stall`, `peer close 1000`, `eof`}} {
		p, _, err := replay(Config{}, Server, path)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := p.play("eof"); len(out) > 0 || err != nil {
			t.Errorf("after %q a second EOF has the effect %q, %v", path, out, err)
		}
	}
}

// newPartlyTaken returns a machine that has queued the messages "one", "two" and
// "three", of which the driver has taken the first two.
func newPartlyTaken(t *testing.T) *Machine {
	t.Helper()
	m := New(Config{})
	for i, text := range []string{"one", "two", "three"} {
		if err := m.Send(Text, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			m.Output(nil)
		}
	}
	return m
}

func TestMachineCloseDiscard(t *testing.T) {
	const two = 2 + len("two") // the length of the frame that the driver will not write
	const rest = 2 + len("three") + 4 + len("first")
	closed := func(m *Machine) { _ = m.Close(4000, "first") }
	taken := func(m *Machine) { closed(m); m.Output(nil) }
	for name, c := range map[string]struct {
		before func(m *Machine)
		unsent int
		sent   Status
	}{
		"open":          {func(*Machine) {}, two, Status{4001, "now"}},
		"after a Close": {closed, two, Status{4000, "first"}},
		"after a Close that the driver has taken": {taken, two + rest, Status{4000, "first"}},
	} {
		m := newPartlyTaken(t)
		c.before(m)
		if err := m.CloseDiscard(4001, "now", c.unsent); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out := m.Output(nil)
		line, n := describeFrame(out)
		if n != len(out) || m.Outcome().Sent != c.sent {
			t.Errorf("%s: the output is %q and %d more bytes, expected only our Close", name, line, len(out)-n)
		}
		if want := 2 + len("one") + n; m.Queued() != want {
			t.Errorf("%s: %d bytes are queued, expected %d", name, m.Queued(), want)
		}
	}
}

func TestMachineCloseDiscardInsideMessage(t *testing.T) {
	m := New(Config{})
	_ = m.SendFragment(Text, []byte("begin"), false)
	_ = m.Close(4000, "waits")
	_ = m.CloseDiscard(4001, "now", 0)
	if line, _ := describeFrame(m.Output(nil)); line != `close 4000 "waits"` {
		t.Errorf("the output is %s, expected the Close that was waiting", line)
	}
	if err := m.SendFragment(Continuation, []byte("end"), true); !errors.Is(err, ErrClosing) {
		t.Errorf("completing the message returns %v, expected %v", err, ErrClosing)
	}
	if err := m.CloseDiscard(1005, "", 0); !errors.Is(err, ErrCloseCode) {
		t.Errorf("an invalid code returns %v, expected %v", err, ErrCloseCode)
	}
}

// Only pongs may follow our Close in the queue. CloseDiscard drops them, with or without
// the Close, and the Close is sent exactly once.
func TestMachineCloseDiscardAfterClose(t *testing.T) {
	const pong = 2 + 1
	for name, c := range map[string]struct{ unsent, again int }{
		"nothing is unsent":                      {0, 0},
		"a pong is unsent":                       {pong, 0},
		"both pongs are unsent":                  {2 * pong, 0},
		"our Close is unsent":                    {2*pong + 4, 1},
		"our Close and data before it is unsent": {2*pong + 4 + 2, 1},
	} {
		m := New(Config{})
		_ = m.Send(Text, nil)
		_ = m.Close(4000, "")
		for range 2 {
			m.Receive(mustEncode(t, Server, `ping "p"`))
			for ok := true; ok; {
				_, ok = m.Next()
			}
		}
		m.Output(nil)
		for range 2 { // the second time nothing is left to drop
			if err := m.CloseDiscard(4001, "", c.unsent); err != nil {
				t.Fatal(err)
			}
			out, closes := m.Output(nil), 0
			for len(out) > 0 {
				line, n := describeFrame(out)
				if line != "close 4000" {
					t.Errorf("%s: %s is queued again, expected only our Close", name, line)
				}
				closes, out = closes+1, out[n:]
			}
			if closes != c.again {
				t.Errorf("%s: our Close is queued again %d times, expected %d", name, closes, c.again)
			}
			c.unsent, c.again = 0, 0
		}
	}
}

// Dropped pongs do not count against the peer: bytes that it reads afterwards are
// progress.
func TestMachineCloseDiscardDropsPongs(t *testing.T) {
	p, _, err := replay(Config{}, Server, []string{`stall`, `app binary "x"*9000`, `write 1`, `app close 4000`})
	if err != nil {
		t.Fatal(err)
	}
	p.arrive(slices.Repeat(mustEncode(t, Server, `ping "x"*125`), 50))
	for _, input := range []string{`app discard 4001`, `write 4096`, `timer`} {
		if _, err := p.play(input); err != nil {
			t.Fatal(err)
		}
	}
	if p.m.Done() {
		t.Error("the connection of a slow reader is aborted in spite of progress")
	}
}

func TestMachineCloseEmpty(t *testing.T) {
	m := New(Config{HalfOpen: true})
	m.CloseEmpty()
	if line, _ := describeFrame(m.Output(nil)); line != "close" {
		t.Errorf("the frame is %s, expected a Close without a status", line)
	}
	if sent := m.Outcome().Sent; sent.Code != CloseNoStatus {
		t.Errorf("Outcome.Sent is %v, expected 1005", sent)
	}
	m.CloseEmpty()
	_ = m.Close(4000, "late")
	if n := len(m.Output(nil)); n != 0 {
		t.Errorf("later calls queue %d bytes, expected no effect", n)
	}
}

func TestMachinePassClose(t *testing.T) {
	for want, status := range map[string]Status{`close 3000 "bye"`: {Code: 3000, Reason: "bye"}, "close": {Code: CloseNoStatus}} {
		for _, decided := range []bool{false, true} {
			m := New(Config{HalfOpen: true})
			if err := m.SendFragment(Text, []byte("part"), false); err != nil {
				t.Fatal(err)
			}
			_ = m.Output(nil)
			expected := want
			if decided { // the Close that waits for the message is sent immediately
				_ = m.Close(4001, "first")
				expected = `close 4001 "first"`
				if n := len(m.Output(nil)); n != 0 {
					t.Errorf("Close queues %d bytes, expected it to wait for the message", n)
				}
			}
			if err := m.PassClose(status); err != nil {
				t.Fatal(err)
			}
			if line, _ := describeFrame(m.Output(nil)); line != expected {
				t.Errorf("PassClose queues %q, expected %q", line, expected)
			}
			if err := m.SendFragment(Continuation, []byte("rest"), true); err == nil {
				t.Error("a data frame is accepted after our Close (RFC 6455, section 5.5.1)")
			}
			if err := m.PassClose(status); err != nil || len(m.Output(nil)) > 0 {
				t.Errorf("a second call has an effect or returns an error: %v", err)
			}
		}
	}
	m := New(Config{})
	if err := m.PassClose(Status{Code: 1006}); err == nil || len(m.Output(nil)) > 0 {
		t.Errorf("a code that must not be sent (RFC 6455, section 7.4.1) gives the error %v, or output", err)
	}
}
