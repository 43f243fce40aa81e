// Package tomlfile parses TOML to plain values, with the line of each key.
package tomlfile

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Document is the content of a file: tables (map[string]any), arrays ([]any), strings, booleans, numbers (int64 and
// float64), and dates and times (Time).
type Document struct {
	Content map[string]any

	lines map[string]int // the lines of keys, by their joined paths
}

// Time is a date, a time, or both, in the notation of TOML.
type Time string

// Error is an error in the syntax of a file.
type Error struct {
	Line int // counted from 1; 0 if it is not known
	Text string
}

// Error returns the error as a line of text.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Text)
}

// Parse parses the text of a file. The error is an *Error.
func Parse(text []byte) (Document, error) {
	content := map[string]any{}
	if err := toml.Unmarshal(text, &content); err != nil {
		return Document{}, errorOf(err)
	}
	plainTable(content)
	return Document{Content: content, lines: linesOf(text)}, nil
}

// errorOf converts an error of the TOML library.
func errorOf(err error) error {
	wrong := &Error{Text: strings.TrimPrefix(err.Error(), "toml: ")}
	if at, ok := errors.AsType[*toml.DecodeError](err); ok {
		wrong.Line, _ = at.Position()
	}
	return wrong
}

// Line returns the line of a key, counted from 1. The path contains the keys of the tables around it, and the indexes of
// arrays as decimal numbers. If the key does not exist, its nearest table that does counts; without one, Line returns 0.
func (d Document) Line(path []string) int {
	for n := len(path); n > 0; n-- {
		if line := d.lines[join(path[:n])]; line > 0 {
			return line
		}
	}
	return 0
}

// join returns a path as a key of a map. Keys of TOML do not contain U+0000.
func join(path []string) string { return strings.Join(path, "\x00") }

// plain converts a value of the TOML library to one of a Document. It changes arrays and tables in place.
func plain(value any) any {
	switch value := value.(type) {
	case map[string]any:
		plainTable(value)
	case []any:
		for i, item := range value {
			value[i] = plain(item)
		}
	case time.Time:
		return Time(value.Format(time.RFC3339Nano))
	case toml.LocalDate:
		return Time(value.String())
	case toml.LocalTime:
		return Time(value.String())
	case toml.LocalDateTime:
		return Time(value.String())
	}
	return value
}

func plainTable(table map[string]any) {
	for key, value := range table {
		table[key] = plain(value)
	}
}

// TypeName returns the name of the type of a value in a configuration file, with its article.
func TypeName(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	case Time:
		return "a date or time"
	case []any:
		return "an array"
	}
	return "a table"
}
