package repo_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/repo"
)

var (
	parityRow = regexp.MustCompile(`(?m)^\| (\d+) \|.*\|$`)
	verdicts  = []string{"same", "better", "not wanted"}
)

// TestParityIsComplete keeps docs/dev/parity.md true: a row for each behaviour and each
// fault, with a verdict and tests that there are.
func TestParityIsComplete(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repo.Root, "docs/dev/parity.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := testsOfRepository(t)
	rows := parityRow.FindAllString(string(page), -1)
	if len(rows) != 153+21 {
		t.Errorf("the page has 153 behaviours and 21 faults; got %d rows", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(row, "|")
		if len(cells) != 7 || !slices.Contains(verdicts, strings.TrimSpace(cells[3])) {
			t.Errorf("a row has a number, a behaviour, a verdict, a reason and tests; got %s", row)
			continue
		}
		if verdict := strings.TrimSpace(cells[3]); verdict != "same" && strings.TrimSpace(cells[4]) == "" {
			t.Errorf("a verdict of %q has a reason; got %s", verdict, row)
		}
		named := namedTest.FindAllStringSubmatch(cells[5], -1)
		if len(named) == 0 {
			t.Errorf("a row names its test; got %s", row)
		}
		for _, name := range named {
			if !tests[name[1]] {
				t.Errorf("%s does not exist; it is named in %s", name[1], row)
			}
		}
	}
}
