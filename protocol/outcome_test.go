package protocol

import "testing"

func TestMachineOutcome(t *testing.T) {
	none := Status{Code: CloseAbnormal}
	empty := Status{Code: CloseNoStatus}
	for _, c := range []struct {
		name string
		path []string
		want Outcome
	}{
		{"the peer closes", []string{`peer close 4001 "a"`},
			Outcome{Status{4001, "a"}, Status{4001, "a"}, Remote, true, CauseClose, nil}},
		{"the peer closes without a status", []string{`peer close`},
			Outcome{empty, empty, Remote, true, CauseClose, nil}},
		{"we close", []string{`app close 4001 "a"`, `peer close 4002 "b"`},
			Outcome{Status{4002, "b"}, Status{4001, "a"}, Local, true, CauseClose, nil}},
		{"a violation", []string{`peer opcode 5`},
			Outcome{none, errOpcode.status(), Local, false, CauseViolation, errOpcode}},
		{"a violation after our Close", []string{`app close 4001 "a"`, `peer opcode 5`},
			Outcome{none, Status{4001, "a"}, Local, false, CauseViolation, errOpcode}},
		{"EOF", []string{`eof`}, Outcome{none, none, Neither, false, CauseEOF, nil}},
		{"EOF before our Close could be sent", []string{`app text "m" more`, `app close 1000`, `eof`},
			Outcome{none, none, Neither, false, CauseEOF, nil}},
		{"the peer closes and ends TCP before our Close could be sent", []string{`app text "m" more`, `app close 1000`, `peer close 1001`, `eof`, `app cont ""`},
			Outcome{Status{Code: 1001}, Status{Code: 1000}, Local, true, CauseClose, nil}},
		{"the peer closes and ends TCP, and our Close is never sent", []string{`app text "m" more`, `app close 1000`, `peer close 1001`, `eof`, `timer`},
			Outcome{Status{Code: 1001}, none, Remote, false, CauseTimeout, nil}},
		{"the transport fails", []string{`broken`}, Outcome{none, none, Neither, false, CauseTransport, nil}},
		{"aborted without a cause", []string{`abort`}, Outcome{none, none, Neither, false, CauseTransport, nil}},
		{"aborted with the cause of a clean end", []string{`abort close`}, Outcome{none, none, Neither, false, CauseClose, nil}},
		{"no answer", []string{`app close 1000`, `timer`}, Outcome{none, Status{Code: 1000}, Local, false, CauseTimeout, nil}},
		{"the first cause is kept", []string{`peer close 1000`, `broken`},
			Outcome{Status{Code: 1000}, Status{Code: 1000}, Remote, true, CauseClose, nil}},
	} {
		p, _, err := replay(Config{}, Server, c.path)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := p.m.Outcome(); got != c.want {
			t.Errorf("%s: the outcome is\n%+v, expected\n%+v", c.name, got, c.want)
		}
		if !p.saw.closed {
			t.Errorf("%s: there is no terminal event", c.name)
		}
	}
}

func TestSideString(t *testing.T) {
	for side, want := range []string{"neither", "local", "remote", "?"} {
		if got := Side(side).String(); got != want {
			t.Errorf("Side(%d).String() is %q, expected %q", side, got, want)
		}
	}
}
