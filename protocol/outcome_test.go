package protocol

import "testing"

func TestOutcome(t *testing.T) {
	none := Status{Code: CloseAbnormal}
	empty := Status{Code: CloseNoStatus}
	for _, c := range []struct {
		name string
		path []string
		want Outcome
	}{
		{"they close", []string{`peer close 4001 "a"`},
			Outcome{Status{4001, "a"}, Status{4001, "a"}, Remote, true, CauseClose, nil}},
		{"they close with nothing", []string{`peer close`},
			Outcome{empty, empty, Remote, true, CauseClose, nil}},
		{"we close", []string{`app close 4001 "a"`, `peer close 4002 "b"`},
			Outcome{Status{4002, "b"}, Status{4001, "a"}, Local, true, CauseClose, nil}},
		{"they fail", []string{`peer opcode 5`},
			Outcome{none, errOpcode.status(), Local, false, CauseViolation, errOpcode}},
		{"they fail after our Close", []string{`app close 4001 "a"`, `peer opcode 5`},
			Outcome{none, Status{4001, "a"}, Local, false, CauseViolation, errOpcode}},
		{"they leave", []string{`eof`}, Outcome{none, none, Neither, false, CauseEOF, nil}},
		{"they leave before our Close could go", []string{`app text "m" more`, `app close 1000`, `eof`},
			Outcome{none, none, Neither, false, CauseEOF, nil}},
		{"they close and leave before our Close could go", []string{`app text "m" more`, `app close 1000`, `peer close 1001`, `eof`, `app cont ""`},
			Outcome{Status{Code: 1001}, Status{Code: 1000}, Local, true, CauseClose, nil}},
		{"they close and leave, and our Close never goes", []string{`app text "m" more`, `app close 1000`, `peer close 1001`, `eof`, `timer`},
			Outcome{Status{Code: 1001}, none, Remote, false, CauseTimeout, nil}},
		{"the transport breaks", []string{`broken`}, Outcome{none, none, Neither, false, CauseTransport, nil}},
		{"aborted without a cause", []string{`abort`}, Outcome{none, none, Neither, false, CauseTransport, nil}},
		{"aborted with the cause of a clean end", []string{`abort close`}, Outcome{none, none, Neither, false, CauseClose, nil}},
		{"no answer", []string{`app close 1000`, `timer`}, Outcome{none, Status{Code: 1000}, Local, false, CauseTimeout, nil}},
		{"the first cause stays", []string{`peer close 1000`, `broken`},
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

func TestSideWords(t *testing.T) {
	for side, want := range []string{"neither", "local", "remote", "?"} {
		if got := Side(side).String(); got != want {
			t.Errorf("side %d is called %q, expected %q", side, got, want)
		}
	}
}
