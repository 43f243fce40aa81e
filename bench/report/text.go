package report

import (
	"io"
	"strings"
	"text/tabwriter"

	"github.com/lingerws/linger/bench/load"
)

// column is one of the details of a work.
type column struct {
	title string
	value func(r *Record, w Work, l Library) string
}

// columns are the details of a work: how far the samples were apart, and how busy both
// sides have been.
func columns(w Work) []column {
	main := cost(w.Unit)
	if w.Kind == load.Idle {
		main = weight
	}
	all := []column{
		{main.label, spreadOf(main, func(s Spread) float64 { return s.Median })},
		{"lowest", spreadOf(main, func(s Spread) float64 { return s.Lowest })},
		{"highest", spreadOf(main, func(s Spread) float64 { return s.Highest })},
	}
	if w.Kind == load.Idle {
		return all
	}
	return append(all,
		medianOf(plural(w.Unit)+" a second", load.Sample.Rate),
		medianOf("server busy, %", func(s load.Sample) float64 { return 100 * s.CPU.Seconds() / s.Wall.Seconds() }),
		medianOf("load, µs/"+w.Unit, func(s load.Sample) float64 { return us(s.Load) / float64(max(s.Units, 1)) }),
		medianOf("others busy, %", func(s load.Sample) float64 { return 100 * s.Disturbance() }),
		medianOf("p50, µs", func(s load.Sample) float64 { return us(s.P50) }),
		medianOf("p99, µs", latency99.of))
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

// none stands where there is no figure.
const none = "-"

// Text is the details of all works, for a terminal.
func (r *Record) Text() string {
	var out strings.Builder
	for _, w := range r.Works {
		out.WriteString("\n" + w.Name + ": " + w.Label + "\n")
		table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
		line := func(cells []string) { _, _ = io.WriteString(table, strings.Join(cells, "\t")+"\t\n") }
		head, lines := r.detailed(w, func(l Library) string { return l.Name })
		head[0] = ""
		line(head)
		for _, cells := range lines {
			line(cells)
		}
		_ = table.Flush() // to a Builder, which does not fail
	}
	return out.String()
}

// detailed is the table of a work's details: a line for each library, which begins with
// its name.
func (r *Record) detailed(w Work, name func(Library) string) (head []string, lines [][]string) {
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
