package wire_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/lingerws/linger/internal/wire"
)

func TestLines(t *testing.T) {
	record := wire.AppendUint(nil, 1, 150)
	record = wire.AppendBytes(record, 300, []byte("a \"b\"\n\xff"))
	record = wire.AppendBytes(record, 2, nil)
	lines := wire.Lines(record)
	if want := []string{"1 150", `300 "a \"b\"\n\xff"`, `2 ""`}; !slices.Equal(lines, want) {
		t.Errorf("the lines are %q, expected %q", lines, want)
	}
	if got, err := wire.ParseLines(lines); err != nil || !bytes.Equal(got, record) {
		t.Errorf("the lines are parsed as %x with error %v, expected %x", got, err, record)
	}
	for _, line := range []string{"", "0 1", "x 1", "1", "1 x", `1 "x`, "1 -1"} {
		if got, err := wire.ParseLines([]string{line}); err == nil {
			t.Errorf("%q is parsed as %x, expected an error", line, got)
		}
	}
}
