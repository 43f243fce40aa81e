package protocol

import "testing"

func TestMachineState(t *testing.T) {
	for _, c := range []struct {
		path []string
		want State
	}{
		{nil, StateOpen},
		{[]string{`app text "m" more`}, StateOpen},
		{[]string{`app text "m" more`, `app close 1000`}, StateClosing},
		{[]string{`app close 1000`}, StateClosing},
		{[]string{`peer close 1000`}, StateClosing},
		{[]string{`peer opcode 5`}, StateClosing},
		{[]string{`stall`, `app text "q"`, `eof`}, StateClosing},
		{[]string{`peer close 1000`, `eof`}, StateClosing},
		{[]string{`peer close 1000`, `eof`, `app close 1000`}, StateClosed},
		{[]string{`broken`}, StateClosed},
	} {
		p, _, err := replay(Config{HalfOpen: true}, Client, c.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.m.State(); got != c.want {
			t.Errorf("after %q the state is %s, expected %s", c.path, got, c.want)
		}
	}
}

// The server ends TCP first (RFC 6455, section 7.1.1).
func TestMachineShouldCloseWrite(t *testing.T) {
	for _, role := range []Role{Server, Client} {
		for _, path := range [][]string{{`peer close 1000`}, {`app close 1000`, `peer close 1000`}, {`peer opcode 5`}} {
			p, _, err := replay(Config{}, role, path)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.m.ShouldCloseWrite(); got != (role == Server) {
				t.Errorf("after %q ShouldCloseWrite of a %s is %t, expected %t", path, role, got, !got)
			}
			p.m.ReceiveEOF()
			if !p.m.ShouldCloseWrite() || !p.m.Done() {
				t.Errorf("after %q and EOF a %s closes for writing: %t, is done: %t; expected both", path, role, p.m.ShouldCloseWrite(), p.m.Done())
			}
		}
	}
}
