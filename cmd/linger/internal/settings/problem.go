package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is a fault of a configuration.
type Problem struct {
	File string `json:"file,omitempty"` // "" if it is not in a file
	Line int    `json:"line,omitempty"` // counted from 1; 0 if it is not known
	Text string `json:"text"`
}

// String returns the problem as a line of text.
func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Text
	case p.Line == 0:
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Problems are the faults of a configuration, as an error of one line for each.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// AsError returns the problems as an error, nil if there are none.
func (p Problems) AsError() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Sort sorts the problems by file and line; those that are not in a file are the last.
func (p Problems) Sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		if (a.File == "") != (b.File == "") {
			return strings.Compare(b.File, a.File)
		}
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
