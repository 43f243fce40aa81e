//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/bench/report"
)

func TestWriteAndPublish(t *testing.T) {
	w := workspace{root: t.TempDir()}
	r := &report.Record{Date: "2030-01-02", Command: "go run ./bench", Works: []report.Work{{Name: "cores2", Axis: report.Cores, At: 2}}}
	if err := os.Mkdir(w.file(""), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := w.write(r, "."); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"results.json", "results.md", "plots/cost.svg", "plots/connections.svg", "plots/cores.svg"} {
		if _, err := os.Stat(w.file(name)); err != nil {
			t.Error(err)
		}
	}
	readme := filepath.Join(w.root, "README.md")
	put := func(text string) {
		if err := os.WriteFile(readme, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("no block\n")
	if err := w.publish(); !errors.Is(err, report.ErrNoBlock) {
		t.Errorf("publish to a README without a block returns %v, expected %v", err, report.ErrNoBlock)
	}
	put("here: " + report.BlockBegin + report.BlockEnd)
	if err := w.publish(); err != nil {
		t.Fatal(err)
	}
	if page, err := os.ReadFile(readme); err != nil || !strings.Contains(string(page), "2030-01-02") {
		t.Errorf("the README lacks the date of the record: %q, %v", page, err)
	}
}
