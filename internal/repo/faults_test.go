package repo_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/repo"
)

// TestFaults checks docs/dev/faults.md: each row names tests, and they exist, unless the
// fault is not fixed or is documented.
func TestFaults(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repo.Root, "docs/dev/faults.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := testsOfRepository(t)
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 6 || strings.Contains(line, "---") || strings.TrimSpace(cells[1]) == "finding" {
			continue
		}
		rows++
		named := namedTest.FindAllStringSubmatch(line, -1)
		excused := strings.Contains(line, "**Not fixed**") || strings.Contains(line, "Documented")
		if len(named) == 0 && !excused {
			t.Errorf("the row names no test: %s", line)
		}
		for _, name := range named {
			if !tests[name[1]] {
				t.Errorf("%s does not exist, but is named in the row: %s", name[1], line)
			}
		}
	}
	if rows < 100 {
		t.Errorf("the page has %d rows, expected one for each of more than 100 findings", rows)
	}
}
