package repo_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// maxLines keeps every file small enough to read in one sitting.
const maxLines = 500

func TestFileLengths(t *testing.T) {
	for _, p := range listPackages(t) {
		if !p.inModule() {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if lines := bytes.Count(text, []byte("\n")); lines > maxLines {
				t.Errorf("%s/%s has %d lines, more than %d: split it by concept", p.folder(), name, lines, maxLines)
			}
		}
	}
}
