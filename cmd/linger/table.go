package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// table prints rows in columns. Control characters in cells are replaced.
type table struct {
	text   strings.Builder
	writer *tabwriter.Writer
}

// newTable returns a table with a heading.
func newTable(heading ...any) *table {
	t := &table{}
	t.writer = tabwriter.NewWriter(&t.text, 0, 0, 2, ' ', 0)
	t.row(heading...)
	return t
}

// row adds a row.
func (t *table) row(cells ...any) {
	for i, cell := range cells {
		if i > 0 {
			_, _ = t.writer.Write([]byte{'\t'}) // a strings.Builder, which takes everything
		}
		text := strings.NewReplacer("\t", " ", "\n", " ").Replace(printable(fmt.Sprint(cell)))
		_, _ = t.writer.Write([]byte(text))
	}
	_, _ = t.writer.Write([]byte{'\n'})
}

// String returns the table, without spaces at the ends of lines.
func (t *table) String() string {
	_ = t.writer.Flush()
	var trimmed strings.Builder
	for line := range strings.Lines(t.text.String()) {
		trimmed.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return trimmed.String()
}

// orDash returns text, or a dash for the empty text, so that a column can be cut out of a table.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// secondsText returns a number of seconds in its two largest units, such as 3h12m.
func secondsText(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}

// bytesText returns a number of bytes in the largest unit in which it is at least 1, such as 1.5MiB.
func bytesText(n float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	unit := 0
	for n >= 1024 && unit < len(units)-1 {
		n /= 1024
		unit++
	}
	if unit == 0 || n >= 100 {
		return fmt.Sprintf("%.0f%s", n, units[unit])
	}
	return fmt.Sprintf("%.1f%s", n, units[unit])
}
