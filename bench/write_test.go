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

func TestTheReportIsWrittenAndPublished(t *testing.T) {
	w := workshop{root: t.TempDir()}
	r := &report.Record{Date: "2030-01-02", Command: "go run ./bench"}
	if err := os.Mkdir(w.file(""), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := w.write(r); err != nil {
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
	put("no place\n")
	if err := w.publish(); !errors.Is(err, report.ErrNoBlock) {
		t.Errorf("a README without a place must be told of, got: %v", err)
	}
	put("here: " + report.BlockBegin + report.BlockEnd)
	if err := w.publish(); err != nil {
		t.Fatal(err)
	}
	if page, err := os.ReadFile(readme); err != nil || !strings.Contains(string(page), "2030-01-02") {
		t.Errorf("the README has the table and its date, got %q, %v", page, err)
	}
}
