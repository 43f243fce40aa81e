package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lingerws/linger/bench/load"
)

// metric is a figure computed from a sample.
type metric struct {
	label string
	value func(load.Sample) float64
}

var (
	latency99 = metric{"99th percentile, µs", func(s load.Sample) float64 { return microseconds(s.P99) }}
	weight    = metric{"bytes of RSS each", func(s load.Sample) float64 { return float64(s.Bytes) / float64(max(s.Units, 1)) }}
	start     = metric{"ms", func(s load.Sample) float64 { return microseconds(s.Wall) / 1e3 }}
	wake      = metric{"ms", func(s load.Sample) float64 { return microseconds(s.P50) / 1e3 }}
	memory    = metric{"MiB", func(s load.Sample) float64 { return float64(s.Bytes) / float64(max(s.Units, 1)) / (1 << 20) }}
	rate      = metric{"a second", load.Sample.Rate}
)

func cost(unit string) metric {
	return metric{"µs/" + unit, func(s load.Sample) float64 { return microseconds(s.Cost()) }}
}

// metric returns the main figure of a work.
func (w Work) metric() metric {
	switch w.Kind {
	case load.Idle:
		return weight
	case Start:
		return start
	case Memory:
		return memory
	case Wake:
		return wake
	case load.Echo, load.Paced, load.Fanout, load.Churn:
	}
	return cost(w.Unit)
}

// row is a row of the table: a metric of a work.
type row struct {
	work Work
	metric
}

func (r row) title() string { return r.work.Label + ": " + r.label }

// rows returns the rows of the table.
func (r *Record) rows() []row {
	var all []row
	for _, w := range r.Works {
		if w.Axis != "" {
			continue
		}
		all = append(all, row{w, w.metric()})
		if w.Kind == load.Paced {
			all = append(all, row{w, latency99})
		}
	}
	return all
}

// Spread has the median and the range of the samples of a metric.
type Spread struct{ Median, Lowest, Highest float64 }

// spread returns the spread of a metric of one library at a work. It returns false if
// there are no samples.
func (r *Record) spread(work, library string, m metric) (Spread, bool) {
	samples := r.Samples[work][library]
	if len(samples) == 0 {
		return Spread{}, false
	}
	values := make([]float64, 0, len(samples))
	for _, one := range samples {
		values = append(values, m.value(one))
	}
	slices.Sort(values)
	return Spread{median(values), values[0], values[len(values)-1]}, true
}

// median returns the median of sorted values. For an even number of values it is the mean
// of the two in the middle.
func median(values []float64) float64 {
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// number formats a value with at least three significant digits.
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

// tick formats the label of a value on an axis.
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
