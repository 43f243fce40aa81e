//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/lingerws/linger/bench/report"
)

func (w workspace) file(name string) string { return filepath.Join(w.root, "bench", name) }

// write writes the record, the report and the plots to the bench folder.
func (w workspace) write(r *report.Record) error {
	if err := os.MkdirAll(w.file("plots"), 0o755); err != nil {
		return err
	}
	put := func(name, text string) error { return os.WriteFile(w.file(name), []byte(text), 0o644) }
	return errors.Join(
		r.Write(w.file("results.json")),
		put("results.md", r.Markdown("plots")),
		put("plots/cost.svg", r.Bars()),
		put("plots/connections.svg", r.Lines(report.Connections)),
		put("plots/cores.svg", r.Lines(report.Cores)),
	)
}

// publish reads the record in results.json, writes the report from it, and puts the table
// into the README of the repository.
func (w workspace) publish() error {
	r, err := report.Read(w.file("results.json"))
	if err != nil {
		return err
	}
	return errors.Join(w.write(r), report.ReplaceIn(filepath.Join(w.root, "README.md"), r.Block("bench/results.md")))
}
