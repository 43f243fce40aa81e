package protocol

import (
	"errors"
	"slices"
	"testing"
)

func TestSecondCloseChangesNothing(t *testing.T) {
	m := New(Config{})
	if !m.MayClose() {
		t.Error("an open connection may not be closed")
	}
	if err := m.Close(4000, "first"); err != nil {
		t.Fatal(err)
	}
	queued := m.Queued()
	if err := m.Close(4001, "second"); err != nil {
		t.Errorf("a second close gives %v, expected no error", err)
	}
	if m.Queued() != queued || m.Outcome().Sent != (Status{4000, "first"}) || m.MayClose() {
		t.Errorf("a second close changes what we send to %v", m.Outcome().Sent)
	}
	if err := m.Close(1005, ""); !errors.Is(err, ErrCloseCode) {
		t.Errorf("an illegal second close gives %v, expected %v", err, ErrCloseCode)
	}
}

// TestPingsDoNotPutTheEndOff: no number of pings keeps a connection that closes
// alive, neither a flood of them nor a backlog that is read slowly.
func TestPingsDoNotPutTheEndOff(t *testing.T) {
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
			t.Errorf("after %q a peer that only pings is cut after %d close timers, expected at most 6", path, periods)
		}
	}
}

func TestEOFTwiceIsEOFOnce(t *testing.T) {
	for _, path := range [][]string{{`eof`}, {`stall`, `app text "q"`, `eof`}, {`stall`, `peer close 1000`, `eof`}} {
		p, _, err := replay(Config{}, Server, path)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := p.play("eof"); len(out) > 0 || err != nil {
			t.Errorf("after %q a second EOF gives %q, %v", path, out, err)
		}
	}
}

// held returns a machine whose driver has taken the frames of "one" and "two", and
// which holds that of "three".
func held(t *testing.T) *Machine {
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

func TestADiscardingCloseDropsWhatCanBeHeldBack(t *testing.T) {
	const two = 2 + len("two") // the frame that the driver will not write
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
		m := held(t)
		c.before(m)
		if err := m.CloseDiscard(4001, "now", c.unsent); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out := m.Output(nil)
		line, n := describeFrame(out)
		if n != len(out) || m.Outcome().Sent != c.sent {
			t.Errorf("%s: our Close is all that follows; got %q and %d more bytes", name, line, len(out)-n)
		}
		if want := 2 + len("one") + n; m.Queued() != want {
			t.Errorf("%s: %d bytes wait; got %d", name, want, m.Queued())
		}
	}
}

func TestADiscardingCloseDoesNotWaitForOurMessage(t *testing.T) {
	m := New(Config{})
	_ = m.SendFragment(Text, []byte("begin"), false)
	_ = m.Close(4000, "waits")
	_ = m.CloseDiscard(4001, "now", 0)
	if line, _ := describeFrame(m.Output(nil)); line != `close 4000 "waits"` {
		t.Errorf("the Close that waited leaves at once; got %s", line)
	}
	if err := m.SendFragment(Continuation, []byte("end"), true); !errors.Is(err, ErrClosing) {
		t.Errorf("the message is not finished any more; got %v", err)
	}
	if err := m.CloseDiscard(1005, "", 0); !errors.Is(err, ErrCloseCode) {
		t.Errorf("an illegal code is refused; got %v", err)
	}
}

// TestOurCloseIsNotLostNorSentTwice: only pongs may stand behind our Close, and a
// discarding close drops them with it or without it.
func TestOurCloseIsNotLostNorSentTwice(t *testing.T) {
	const pong = 2 + 1
	for name, c := range map[string]struct{ unsent, again int }{
		"nothing can be held back":      {0, 0},
		"a pong can be held back":       {pong, 0},
		"both pongs can be held back":   {2 * pong, 0},
		"our Close can be held back":    {2*pong + 4, 1},
		"the data before it can be too": {2*pong + 4 + 2, 1},
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
					t.Errorf("%s: nothing but our Close may leave again, got %s", name, line)
				}
				closes, out = closes+1, out[n:]
			}
			if closes != c.again {
				t.Errorf("%s: our Close must leave again %d times, got %d", name, c.again, closes)
			}
			c.unsent, c.again = 0, 0
		}
	}
}

// TestPongsThatAreDroppedAreNotHeldAgainstThePeer: what it takes afterwards is
// progress, as without them.
func TestPongsThatAreDroppedAreNotHeldAgainstThePeer(t *testing.T) {
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
		t.Error("a slow reader that makes progress must be waited for when the pongs it asked for are dropped; it was cut")
	}
}

func TestAnEmptyCloseHasNoStatus(t *testing.T) {
	m := New(Config{HalfOpen: true})
	m.CloseEmpty()
	if line, _ := describeFrame(m.Output(nil)); line != "close" {
		t.Errorf("the frame has no status; got %s", line)
	}
	if sent := m.Outcome().Sent; sent.Code != CloseNoStatus {
		t.Errorf("that is told as 1005; got %v", sent)
	}
	m.CloseEmpty()
	_ = m.Close(4000, "late")
	if n := len(m.Output(nil)); n != 0 {
		t.Errorf("the first call counts; got %d bytes more", n)
	}
}

func TestMachinePassCloseStandsWithinAMessage(t *testing.T) {
	for want, status := range map[string]Status{`close 3000 "bye"`: {Code: 3000, Reason: "bye"}, "close": {Code: CloseNoStatus}} {
		for _, decided := range []bool{false, true} {
			m := New(Config{HalfOpen: true})
			if err := m.SendFragment(Text, []byte("part"), false); err != nil {
				t.Fatal(err)
			}
			_ = m.Output(nil)
			expected := want
			if decided { // a Close that waits for the message does not wait for it any more
				_ = m.Close(4001, "first")
				expected = `close 4001 "first"`
				if n := len(m.Output(nil)); n != 0 {
					t.Errorf("Close waits for the message; got %d bytes", n)
				}
			}
			if err := m.PassClose(status); err != nil {
				t.Fatal(err)
			}
			if line, _ := describeFrame(m.Output(nil)); line != expected {
				t.Errorf("the Close leaves at once, as %q; got %q", expected, line)
			}
			if err := m.SendFragment(Continuation, []byte("rest"), true); err == nil {
				t.Error("nothing follows our Close (RFC 6455, section 5.5.1); a frame was taken")
			}
			if err := m.PassClose(status); err != nil || len(m.Output(nil)) > 0 {
				t.Errorf("the first call counts; got %v, or more bytes", err)
			}
		}
	}
	m := New(Config{})
	if err := m.PassClose(Status{Code: 1006}); err == nil || len(m.Output(nil)) > 0 {
		t.Errorf("a code that may not travel is refused (RFC 6455, section 7.4.1); got %v", err)
	}
}
