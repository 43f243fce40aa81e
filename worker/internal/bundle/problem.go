package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Position is a place in a source file. Line and column count from 1; the column counts bytes.
type Position struct {
	File         string
	Line, Column int
}

// String returns "file:line:column", or "" without a file.
func (p Position) String() string {
	if p.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is a fault in an application's source files. All fields but Text are optional.
type Problem struct {
	Position
	Text   string
	Source string // the line of the file
	Length int    // bytes in Source, from Column on, that the problem is about
}

// String returns "file:line:column: text", without the parts that are not known.
func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Text
	case p.Line == 0:
		return p.File + ": " + p.Text
	}
	return p.Position.String() + ": " + p.Text
}

// Error reports why an application cannot be bundled.
type Error struct{ Problems []Problem }

// Error returns the problems, one per line.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// fileError returns an Error about a whole file.
func fileError(path, text string) *Error {
	return &Error{Problems: []Problem{{Position: Position{File: path}, Text: text}}}
}

// reasonOf returns the text of a file error without the path.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
