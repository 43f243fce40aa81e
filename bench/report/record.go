package report

import (
	"encoding/json"
	"os"

	"github.com/lingerws/linger/bench/load"
)

// Record has the results of a run, and where and how it ran. It is stored as JSON, so that
// tables and plots can be written again without measuring.
type Record struct {
	Date      string // when the run ended
	Command   string // the command line of the run
	Machine   string // the machine it ran on
	Rounds    int
	Seconds   float64  // of each measurement
	Notes     []string // libraries and works that were skipped or failed
	Libraries []Library
	Works     []Work
	Base      string                              `json:",omitempty"` // the name of the library by whose figures all others are divided; "" to divide those of [Subject]
	Samples   map[string]map[string][]load.Sample // by the name of the work, then by that of the library
}

// Library is a library that was measured.
type Library struct{ Name, Label, Version string }

// Work is a workload. If Axis is empty, it is a row of the table, otherwise a point of the
// plot with that axis, at the position At.
type Work struct {
	Name, Label, Unit string
	Limit             float64 // the highest figure that is intended, as a multiple of that of [Record.Base]; 0 for none
	Axis              string
	At                int
	load.Work
}

// Kinds of works that are about the life of a server instead of a load.
const (
	Start  load.Kind = "start"  // the time until a server works
	Memory load.Kind = "memory" // the memory of a server
	Wake   load.Kind = "wake"   // the time until a sleeping server works
)

// isLife reports whether a work is about the life of a server.
func (w Work) isLife() bool { return w.Kind == Start || w.Kind == Memory || w.Kind == Wake }

// The axes of the plots.
const (
	Connections = "connections"
	Cores       = "cores"
)

// Add adds a sample of a library at a work.
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

// Write writes the record to a file.
func (r *Record) Write(file string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
