package driver

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

var update = flag.Bool("update", false, "write the states that are missing in testdata/state")

// golden are the situations whose state is the same each time, so that a file of another version fits, and one whose file is
// written by hand.
var golden = []string{
	"idle", "within a header", "within a payload", "between the fragments of a message", "between the fragments of a message that is sent",
	"our Close is sent", "our Close is not answered", "half-open", "half-open, and nothing happens", "a silent peer", "a client",
	"paused, with messages", "output waits",
}

// TestDriverRestoresGolden moves connections with the states in testdata/state, instead of their own. So every version of the
// state that was ever written remains readable. With -update files that are missing are written; no file is ever changed.
func TestDriverRestoresGolden(t *testing.T) {
	for _, name := range golden {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, known := situations[name]
			if !known {
				s.after = func(m *mover) { m.wantFrame(`text "hello"`); m.wantQueued(0) }
			}
			m := newMoverIn(t, "tcp", s.role, s.opts, s.before)
			m.moveWith(goldenState(t, name, m.Driver))
			if s.frozen != nil {
				s.frozen(m)
			}
			if s.after != nil {
				s.after(m)
			}
			if s.opts.KeepAlive == 0 && m.State() == protocol.StateOpen {
				m.send(wiretest.TextFrame("at last"))
				m.wantFrame(`text "at last"`)
			}
		})
	}
}

// goldenState returns the state in the file of a situation.
func goldenState(t *testing.T, name string, d *Driver) []byte {
	t.Helper()
	file := filepath.Join("testdata", "state", "v1-"+strings.NewReplacer(" ", "-", ",", "").Replace(strings.ToLower(name))+".txt")
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) && *update {
		text = []byte(strings.Join(wire.Lines(d.AppendState(nil)), "\n") + "\n")
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	state, err := wire.ParseLines(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return state
}
