package protocol

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/wire"
)

// TestRestoreGolden plays the conversations in testdata/state. In each the machine is replaced at the line "move" by one that is
// restored from the fields in the file. So every version of the state that was ever written remains readable. With -update the
// fields of a file that has none are written; those that a file has are never changed.
func TestRestoreGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/state/v*.move")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files found: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".move"), func(t *testing.T) { playGolden(t, file) })
	}
}

func playGolden(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseConversation(string(text))
	if err != nil || len(c.roles) != 1 {
		t.Fatalf("the file must be a conversation with one role: %v", err)
	}
	p := newPlayer(c.cfg, c.roles[0])
	var outputs [][]string
	for _, turn := range c.turns {
		var lines []string
		if turn.input == "move" {
			if lines = goldenFields(string(text)); len(lines) == 0 && *update {
				lines = wire.Lines(p.m.AppendState(nil))
			}
			p.moveTo(t, lines)
		} else if lines, err = p.play(turn.input); err != nil {
			t.Fatalf("%q: %v", turn.input, err)
		}
		outputs = append(outputs, lines)
	}
	got := c.render(map[Role][][]string{c.roles[0]: outputs})
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != string(text) {
		t.Errorf("the conversation is\n%s\nexpected\n%s", got, text)
	}
}

// moveTo replaces the machine by one with the state whose fields are described.
func (p *player) moveTo(t *testing.T, fields []string) {
	t.Helper()
	state, err := wire.ParseLines(fields)
	if err != nil || len(state) == 0 {
		t.Fatalf("the fields %q cannot be encoded: %v", fields, err)
	}
	next := New(p.m.cfg)
	if err := next.Restore(state); err != nil {
		t.Fatalf("the fields %q: %v", fields, err)
	}
	p.m, p.saw.m = next, next
}

// goldenFields returns the indented lines that follow the line "move".
func goldenFields(text string) []string {
	_, after, _ := strings.Cut(text, "\nmove\n")
	var fields []string
	for line := range strings.Lines(after) {
		field, ok := strings.CutPrefix(line, "\t")
		if !ok {
			break
		}
		fields = append(fields, strings.TrimSuffix(field, "\n"))
	}
	return fields
}
