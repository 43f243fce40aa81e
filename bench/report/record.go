package report

import (
	"encoding/json"
	"os"

	"github.com/lingerws/linger/bench/load"
)

// Record is all that a run has found, and where. It is kept as JSON, so that tables and
// plots can be made again without measuring.
type Record struct {
	Date      string // of the end of the run
	Command   string // that repeats it
	Machine   string
	Rounds    int
	Seconds   float64 // of each measurement
	Notes     []string
	Libraries []Library
	Works     []Work
	Samples   map[string]map[string][]load.Sample // by the names of work and library
}

// Library is one that was measured.
type Library struct{ Name, Label, Version string }

// Work is what they were put under. Axis is empty for a row of the table; else it is a
// point at At on the plot with that axis.
type Work struct {
	Name, Label, Unit string
	Axis              string
	At                int
	load.Work
}

// The axes of scaling.
const (
	Connections = "connections"
	Cores       = "cores"
)

// Add keeps one more sample.
func (r *Record) Add(work, library string, one load.Sample) {
	if r.Samples == nil {
		r.Samples = map[string]map[string][]load.Sample{}
	}
	if r.Samples[work] == nil {
		r.Samples[work] = map[string][]load.Sample{}
	}
	r.Samples[work][library] = append(r.Samples[work][library], one)
}

// Read reads a record from a file.
func Read(file string) (*Record, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := new(Record)
	return r, json.Unmarshal(text, r)
}

// Write writes it to a file.
func (r *Record) Write(file string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
