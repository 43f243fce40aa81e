package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lingerws/linger/bench/load"
)

// metric is what is read from a sample.
type metric struct {
	label string
	of    func(load.Sample) float64
}

var (
	latency99 = metric{"99th percentile, µs", func(s load.Sample) float64 { return us(s.P99) }}
	weight    = metric{"bytes of RSS each", func(s load.Sample) float64 { return float64(s.Bytes) / float64(max(s.Units, 1)) }}
	rate      = metric{"a second", load.Sample.Rate}
)

func cost(unit string) metric {
	return metric{"µs/" + unit, func(s load.Sample) float64 { return us(s.Cost()) }}
}

// row is a line of the table: a work and what is read from it.
type row struct {
	work Work
	metric
}

func (r row) title() string { return r.work.Label + ": " + r.label }

// rows are the lines of the table.
func (r *Record) rows() []row {
	var all []row
	for _, w := range r.Works {
		switch {
		case w.Axis != "":
		case w.Kind == load.Idle:
			all = append(all, row{w, weight})
		case w.Kind == load.Paced:
			all = append(all, row{w, cost(w.Unit)}, row{w, latency99})
		default:
			all = append(all, row{w, cost(w.Unit)})
		}
	}
	return all
}

// Spread is the median of some samples and the ends of their range.
type Spread struct{ Median, Lowest, Highest float64 }

// spread tells what the samples say; false if there are none.
func (r *Record) spread(work, library string, m metric) (Spread, bool) {
	samples := r.Samples[work][library]
	if len(samples) == 0 {
		return Spread{}, false
	}
	values := make([]float64, 0, len(samples))
	for _, one := range samples {
		values = append(values, m.of(one))
	}
	slices.Sort(values)
	return Spread{middle(values), values[0], values[len(values)-1]}, true
}

// middle is the median of sorted values: of an even number, the mean of the two.
func middle(values []float64) float64 {
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func us(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// number writes a value with three digits that say something.
func number(v float64) string {
	switch {
	case v < 1:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return thousands(strconv.FormatFloat(v, 'f', 0, 64))
}

// tick writes a value at an axis.
func tick(v float64) string {
	if v == math.Trunc(v) {
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func thousands(digits string) string {
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, parts...), ",")
}
