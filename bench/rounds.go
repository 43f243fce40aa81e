//go:build linux

package main

import (
	"fmt"
	"log"
	"time"

	"github.com/lingerws/linger/bench/load"
	"github.com/lingerws/linger/bench/report"
)

// rounds measures the libraries in turn at each work and adds the samples to r. A
// measurement that fails is logged and noted in r.
func (w workspace) rounds(s settings, r *report.Record, log *log.Logger) {
	for round := range s.rounds {
		for _, x := range s.works {
			for _, l := range s.libs {
				if !x.suits(l) {
					continue
				}
				sample, err := w.leastDisturbed(l, x, s.window)
				if err != nil {
					log.Printf("round %d: %s, %s: %v", round+1, l.name, x.name, err)
					r.Notes = append(r.Notes, fmt.Sprintf("%s failed once at %q: %v", l.label, x.label, err))
					continue
				}
				r.Add(x.name, l.name, sample)
			}
		}
		log.Printf("round %d of %d is done", round+1, s.rounds)
	}
}

// Limits of leastDisturbed.
const (
	tries = 3
	calm  = 0.05 // the disturbance that ends the tries, in cores
)

// leastDisturbed measures up to tries times while other processes keep the machine busy,
// and returns the sample with the least disturbance.
func (w workspace) leastDisturbed(l library, x work, window time.Duration) (best load.Sample, err error) {
	for try := range tries {
		sample, err := w.measure(l, x, window)
		if err != nil {
			return sample, err
		}
		if try == 0 || sample.Disturbance() < best.Disturbance() {
			best = sample
		}
		if best.Disturbance() < calm {
			break
		}
	}
	return best, nil
}

// record returns the record of a run without samples.
func (s settings) record() *report.Record {
	r := &report.Record{Rounds: s.rounds, Seconds: s.window.Seconds(), Base: s.base}
	for _, l := range s.libs {
		r.Libraries = append(r.Libraries, report.Library{Name: l.name, Label: l.label})
	}
	for _, x := range s.works {
		r.Works = append(r.Works, report.Work{Name: x.name, Label: x.label, Unit: x.unit, Axis: x.axis, At: x.at, Limit: x.limit, Work: x.Work})
	}
	return r
}
