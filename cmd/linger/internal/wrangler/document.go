package wrangler

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/tailscale/hujson"
)

// document is the content of a file: tables, arrays ([]any), strings, booleans, numbers (float64, int64) and dates
// (time.Time).
type document struct {
	path    string
	content map[string]any
	lineOf  func(path []string) int // returns the line of a setting, counted from 1; 0 if it is not known
}

// maxFile is the limit of a file in bytes.
const maxFile = 4 << 20

// readDocument reads a file of TOML, or of JSON with comments.
func readDocument(path string) (document, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxFile {
		return document{}, fmt.Errorf("%s: has %d bytes; at most %d are read", path, info.Size(), maxFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			err = failed.Err
		}
		return document{}, fmt.Errorf("%s: cannot be read: %w", path, err)
	}
	return parse(path, []byte(strings.TrimPrefix(string(text), "\ufeff")))
}

// parse parses the text of a file.
func parse(path string, text []byte) (document, error) {
	if filepath.Ext(path) == ".toml" {
		return parseTOML(path, string(text))
	}
	return parseJSON(path, text)
}

func parseTOML(path, text string) (document, error) {
	var content map[string]any
	if _, err := toml.Decode(text, &content); err != nil {
		if wrong, ok := errors.AsType[toml.ParseError](err); ok {
			return document{}, fmt.Errorf("%s:%d: %s", path, wrong.Position.Line, wrong.Message)
		}
		return document{}, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "toml: "))
	}
	normalize(content)
	return document{path: path, content: content, lineOf: func(at []string) int { return lineInTOML(text, at) }}, nil
}

// normalize replaces the arrays of tables of the TOML library by []any, in place.
func normalize(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			value[key] = normalize(item)
		}
	case []map[string]any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = normalize(item)
		}
		return list
	case []any:
		for i, item := range value {
			value[i] = normalize(item)
		}
	}
	return value
}

// lineInTOML returns the line of a setting, 0 if it is written in an unusual way: the line of the nearest table or key on its path
// that is found.
func lineInTOML(text string, at []string) int {
	found, depth := 0, 0
	table, counts := "", map[string]int{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.ReplaceAll(strings.TrimSpace(line), `"`, "")
		var name string
		switch {
		case strings.HasPrefix(line, "[["):
			header, _, _ := strings.Cut(line[2:], "]")
			header = strings.TrimSpace(header)
			table = fmt.Sprintf("%s.%d.", header, counts[header])
			counts[header]++
			name = strings.TrimSuffix(table, ".")
		case strings.HasPrefix(line, "["):
			header, _, _ := strings.Cut(line[1:], "]")
			table = strings.TrimSpace(header) + "."
			name = strings.TrimSuffix(table, ".")
		default:
			key, _, ok := strings.Cut(line, "=")
			if !ok || strings.HasPrefix(line, "#") {
				continue
			}
			name = table + strings.TrimSpace(key)
		}
		for n := len(at); n > depth; n-- {
			if name == strings.Join(at[:n], ".") {
				found, depth = number, n
			}
		}
	}
	return found
}

func parseJSON(path string, text []byte) (document, error) {
	value, err := hujson.Parse(text)
	if err != nil {
		// The text of the error is "hujson: line 3, column 5: message".
		var line, column int
		message := strings.TrimPrefix(err.Error(), "hujson: ")
		if n, _ := fmt.Sscanf(message, "line %d, column %d:", &line, &column); n == 2 {
			_, message, _ = strings.Cut(message, ": ")
			return document{}, fmt.Errorf("%s:%d: %s", path, line, message)
		}
		return document{}, fmt.Errorf("%s: %s", path, message)
	}
	plain := value.Clone()
	plain.Standardize() //nolint:misspell // the name of the method
	var content any
	if err := json.Unmarshal(plain.Pack(), &content); err != nil {
		return document{}, fmt.Errorf("%s: %w", path, err)
	}
	object, ok := content.(map[string]any)
	if !ok {
		return document{}, fmt.Errorf("%s: must have an object, { ... }; got %s", path, TypeName(content))
	}
	return document{path: path, content: object, lineOf: func(at []string) int { return lineInJSON(text, value, at) }}, nil
}

// lineInJSON returns the line of a setting, or of the nearest one on its path that exists; 0 for an empty path.
func lineInJSON(text []byte, root hujson.Value, at []string) int {
	for n := len(at); n > 0; n-- {
		pointer := ""
		for _, part := range at[:n] {
			pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(part)
		}
		if value := root.Find(pointer); value != nil {
			return 1 + strings.Count(string(text[:value.StartOffset]), "\n")
		}
	}
	return 0
}

// JSONValue converts a value of TOML or JSON to one that JSON can represent. Dates and times become strings. The error
// is about the value, and begins with "must be".
func JSONValue(value any) (any, error) {
	switch value := value.(type) {
	case time.Time:
		return dateText(value), nil
	case float64:
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return nil, errors.New("must be a finite number, as JSON has no other: write it as a string")
		}
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			var err error
			if list[i], err = JSONValue(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case []map[string]any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = item
		}
		return JSONValue(list)
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, item := range value {
			var err error
			if object[name], err = JSONValue(item); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return value, nil
}

// dateText returns a date or time as it was written in the file.
func dateText(t time.Time) string {
	switch t.Location().String() { // the TOML library marks local dates and times with these locations
	case "date-local":
		return t.Format(time.DateOnly)
	case "time-local":
		return t.Format("15:04:05.999999999")
	case "datetime-local":
		return t.Format("2006-01-02T15:04:05.999999999")
	}
	return t.Format(time.RFC3339Nano)
}
