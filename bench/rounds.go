//go:build linux

package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/lingerws/linger/bench/load"
)

// results are the samples of each library and work, by name.
type results map[string]map[string][]load.Sample

// rounds lets all libraries take turns at each work. What fails is told of, and has one
// sample less.
func (w workshop) rounds(s settings, log io.Writer) results {
	found := results{}
	for round := range s.rounds {
		for _, x := range s.works {
			for _, l := range s.libs {
				sample, err := w.measure(l, x, s.window)
				if err != nil {
					fmt.Fprintf(log, "round %d: %s, %s: %v\n", round+1, l.name, x.name, err)
					continue
				}
				found.add(x, l, sample)
			}
		}
		fmt.Fprintf(log, "round %d of %d is done\n", round+1, s.rounds)
	}
	return found
}

func (r results) add(x work, l library, one load.Sample) {
	if r[x.name] == nil {
		r[x.name] = map[string][]load.Sample{}
	}
	r[x.name][l.name] = append(r[x.name][l.name], one)
}

// median returns the middle of what the samples say; false if there are none.
func median[T cmp.Ordered](samples []load.Sample, of func(load.Sample) T) (middle T, ok bool) {
	if len(samples) == 0 {
		return middle, false
	}
	values := make([]T, 0, len(samples))
	for _, one := range samples {
		values = append(values, of(one))
	}
	slices.Sort(values)
	return values[len(values)/2], true
}

// print writes the medians as text.
func (r results) print(out io.Writer, s settings) {
	for _, x := range s.works {
		fmt.Fprintf(out, "\n%s: %s\n", x.name, x.label)
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		if x.Kind == load.Idle {
			fmt.Fprintln(table, "\tRSS each, B\t")
		} else {
			fmt.Fprintf(table, "\tus/%s\tlowest\thighest\t1/s\tserver busy\tload us\tp50 us\tp99 us\t\n", x.unit)
		}
		for _, l := range s.libs {
			r.printLine(table, x, l)
		}
		_ = table.Flush()
	}
}

func (r results) printLine(table io.Writer, x work, l library) {
	all := r[x.name][l.name]
	if len(all) == 0 {
		fmt.Fprintf(table, "%s\tfailed\t\n", l.name)
		return
	}
	middle := func(of func(load.Sample) float64) float64 { m, _ := median(all, of); return m }
	if x.Kind == load.Idle {
		fmt.Fprintf(table, "%s\t%.0f\t\n", l.name, middle(func(s load.Sample) float64 { return float64(s.Bytes) / float64(s.Units) }))
		return
	}
	costs := make([]float64, 0, len(all))
	for _, one := range all {
		costs = append(costs, us(one.Cost()))
	}
	fmt.Fprintf(table, "%s\t%.3f\t%.3f\t%.3f\t%.0f\t%.0f%%\t%.3f\t%.0f\t%.0f\t\n", l.name,
		middle(func(s load.Sample) float64 { return us(s.Cost()) }), slices.Min(costs), slices.Max(costs),
		middle(load.Sample.Rate),
		middle(func(s load.Sample) float64 { return 100 * s.CPU.Seconds() / s.Wall.Seconds() }),
		middle(func(s load.Sample) float64 { return us(s.Load) / float64(s.Units) }),
		middle(func(s load.Sample) float64 { return us(s.P50) }),
		middle(func(s load.Sample) float64 { return us(s.P99) }))
}

func us(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
