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

// TestParity checks docs/dev/parity.md: it has a row for each behaviour and each fault,
// with a verdict and tests that exist.
func TestParity(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repo.Root, "docs/dev/parity.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := testsOfRepository(t)
	rows := parityRow.FindAllString(string(page), -1)
	if len(rows) != 153+21 {
		t.Errorf("the page has %d rows, expected 153 behaviours and 21 faults", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(row, "|")
		if len(cells) != 7 || !slices.Contains(verdicts, strings.TrimSpace(cells[3])) {
			t.Errorf("the row must have a number, a behaviour, a verdict, a reason and tests: %s", row)
			continue
		}
		if verdict := strings.TrimSpace(cells[3]); verdict != "same" && strings.TrimSpace(cells[4]) == "" {
			t.Errorf("the verdict %q needs a reason: %s", verdict, row)
		}
		named := namedTest.FindAllStringSubmatch(cells[5], -1)
		if len(named) == 0 {
			t.Errorf("the row names no test: %s", row)
		}
		for _, name := range named {
			if !tests[name[1]] {
				t.Errorf("%s does not exist, but is named in the row: %s", name[1], row)
			}
		}
	}
}
