package repo_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// mostLines keeps every file small enough to be read in one sitting.
const mostLines = 500

func TestFilesStaySmall(t *testing.T) {
	for _, p := range listPackages(t) {
		if !p.ours() {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if lines := bytes.Count(text, []byte("\n")); lines > mostLines {
				t.Errorf("%s/%s has %d lines; more than %d are more than one concept: split it", p.folder(), name, lines, mostLines)
			}
		}
	}
}
