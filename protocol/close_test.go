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
