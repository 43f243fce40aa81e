package report

import (
	"fmt"
	"strings"
)

// Ours is the name of the library that ratios are of.
const Ours = "linger"

// yardsticks are the libraries that ratios are to.
var yardsticks = []string{"floor", "bun", "gws", "gorilla"}

// Markdown is the whole report. The plots are files in a folder beside it.
func (r *Record) Markdown(plots string) string {
	var b strings.Builder
	b.WriteString("# Results\n\nWritten by `" + r.Command + "`, which repeats it. [README.md](README.md) tells how it is " +
		"measured. Cost is the processor time of the server, all of its threads, user and system; lower is better. " +
		"Figures are medians of " + r.rounds() + ", in which all took turns.\n\n")
	b.WriteString("Measured on " + r.Date + ", on " + r.Machine + ".\n\n")
	for _, note := range r.Notes {
		b.WriteString("- " + note + "\n")
	}
	b.WriteString("\n## Cost\n\n" + r.Table() + "\n![Cost](" + plots + "/cost.svg)\n")
	b.WriteString("\n## Ratios\n\nLinger's figure divided by that of others.\n\n" + r.ratios())
	b.WriteString("\n## Scaling\n\n![Cost with more connections](" + plots + "/connections.svg)\n\n![More cores](" + plots + "/cores.svg)\n\n" +
		"On a machine with two cores the load shares the second with the server.\n")
	b.WriteString("\n## Details\n")
	for _, w := range r.Works {
		head, lines := r.detailed(w, func(l Library) string { return l.Label })
		b.WriteString("\n### " + w.Label + "\n\n" + table(head, lines))
	}
	b.WriteString("\n## Versions\n\n")
	for _, l := range r.Libraries {
		b.WriteString("- " + l.Label + ": " + l.Version + "\n")
	}
	return b.String()
}

// Table is the table of medians: a line for each work, a column for each library.
func (r *Record) Table() string {
	head := []string{"work"}
	for _, l := range r.Libraries {
		head = append(head, l.Label)
	}
	var lines [][]string
	for _, row := range r.rows() {
		line := []string{row.title()}
		for _, l := range r.Libraries {
			line = append(line, r.cell(row, l.Name))
		}
		lines = append(lines, line)
	}
	return table(head, lines)
}

// Block is the table for a page elsewhere, with its date and how to repeat it.
func (r *Record) Block(results string) string {
	return r.Table() + fmt.Sprintf("\nMedians of %s, measured on %s, on %s. `%s` repeats it; [all figures](%s).\n",
		r.rounds(), r.Date, r.Machine, r.Command, results)
}

func (r *Record) rounds() string {
	if r.Rounds == 1 {
		return fmt.Sprintf("one round of %v s", r.Seconds)
	}
	return fmt.Sprintf("%d rounds of %v s", r.Rounds, r.Seconds)
}

func (r *Record) cell(row row, library string) string {
	s, ok := r.spread(row.work.Name, library, row.metric)
	if !ok {
		return none
	}
	return number(s.Median)
}

func (r *Record) ratios() string {
	head := []string{"work"}
	var others []string
	for _, l := range r.Libraries {
		for _, name := range yardsticks {
			if l.Name == name {
				head, others = append(head, "Linger / "+l.Label), append(others, name)
			}
		}
	}
	var lines [][]string
	for _, row := range r.rows() {
		line := []string{row.title()}
		for _, other := range others {
			line = append(line, r.ratio(row, other))
		}
		lines = append(lines, line)
	}
	return table(head, lines)
}

func (r *Record) ratio(row row, other string) string {
	ours, ok1 := r.spread(row.work.Name, Ours, row.metric)
	theirs, ok2 := r.spread(row.work.Name, other, row.metric)
	if !ok1 || !ok2 || theirs.Median <= 0 {
		return none
	}
	return fmt.Sprintf("%.2f", ours.Median/theirs.Median)
}

func table(head []string, lines [][]string) string {
	var b strings.Builder
	write := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	write(head)
	b.WriteString("|---|" + strings.Repeat("---:|", len(head)-1) + "\n")
	for _, line := range lines {
		write(line)
	}
	return b.String()
}
