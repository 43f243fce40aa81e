//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/lingerws/linger/bench/report"
)

func (w workspace) file(name string) string { return filepath.Join(w.root, "bench", name) }

// write writes the record, the report and the plots to a folder in the bench folder.
func (w workspace) write(r *report.Record, folder string) error {
	file := func(name string) string { return w.file(filepath.Join(folder, name)) }
	if err := os.MkdirAll(file("plots"), 0o755); err != nil {
		return err
	}
	method := "README.md"
	if folder != "." {
		method = "../README.md"
	}
	put := func(name, text string) error { return os.WriteFile(file(name), []byte(text), 0o644) }
	err := errors.Join(
		r.Write(file("results.json")),
		put("results.md", r.Markdown("plots", method)),
		put("plots/cost.svg", r.Bars()),
	)
	if !r.HasAxis() {
		return err
	}
	return errors.Join(err,
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
	return errors.Join(w.write(r, "."), report.ReplaceIn(filepath.Join(w.root, "README.md"), r.Block("bench/results.md")))
}
