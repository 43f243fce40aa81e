package report

import (
	"io"
	"strings"
	"text/tabwriter"

	"github.com/lingerws/linger/bench/load"
)

// column is a column of the details of a work.
type column struct {
	title string
	value func(r *Record, w Work, l Library) string
}

// columns returns the columns of the details of a work: the range of the samples, and how
// busy the server and the load generator were.
func columns(w Work) []column {
	main := w.metric()
	all := []column{
		{main.label, spreadOf(main, func(s Spread) float64 { return s.Median })},
		{"lowest", spreadOf(main, func(s Spread) float64 { return s.Lowest })},
		{"highest", spreadOf(main, func(s Spread) float64 { return s.Highest })},
	}
	if w.Kind == load.Idle || w.isLife() {
		return all
	}
	return append(all,
		medianOf(plural(w.Unit)+" a second", load.Sample.Rate),
		medianOf("server busy, %", func(s load.Sample) float64 { return 100 * s.CPU.Seconds() / s.Wall.Seconds() }),
		medianOf("load, µs/"+w.Unit, func(s load.Sample) float64 { return microseconds(s.Load) / float64(max(s.Units, 1)) }),
		medianOf("others busy, %", func(s load.Sample) float64 { return 100 * s.Disturbance() }),
		medianOf("p50, µs", func(s load.Sample) float64 { return microseconds(s.P50) }),
		medianOf("p99, µs", latency99.value))
}

func plural(unit string) string {
	if stem, is := strings.CutSuffix(unit, "y"); is {
		return stem + "ies"
	}
	return unit + "s"
}

func medianOf(title string, of func(load.Sample) float64) column {
	return column{title, spreadOf(metric{title, of}, func(s Spread) float64 { return s.Median })}
}

func spreadOf(m metric, part func(Spread) float64) func(*Record, Work, Library) string {
	return func(r *Record, w Work, l Library) string {
		s, ok := r.spread(w.Name, l.Name, m)
		if !ok {
			return none
		}
		return number(part(s))
	}
}

// none is shown in place of a figure that was not measured.
const none = "-"

// Text returns the details of all works, formatted for a terminal.
func (r *Record) Text() string {
	var out strings.Builder
	for _, w := range r.Works {
		out.WriteString("\n" + w.Name + ": " + w.Label + "\n")
		table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
		line := func(cells []string) { _, _ = io.WriteString(table, strings.Join(cells, "\t")+"\t\n") }
		head, lines := r.details(w, func(l Library) string { return l.Name })
		head[0] = ""
		line(head)
		for _, cells := range lines {
			line(cells)
		}
		_ = table.Flush() // to a Builder, which does not fail
	}
	return out.String()
}

// details returns the table of the details of a work, with a line for each library that
// begins with its name.
func (r *Record) details(w Work, name func(Library) string) (head []string, lines [][]string) {
	head = []string{"library"}
	for _, c := range columns(w) {
		head = append(head, c.title)
	}
	for _, l := range r.Libraries {
		line := []string{name(l)}
		for _, c := range columns(w) {
			line = append(line, c.value(r, w, l))
		}
		lines = append(lines, line)
	}
	return head, lines
}
