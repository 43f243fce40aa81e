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

	"github.com/tailscale/hujson"

	"github.com/lingerws/linger/cmd/linger/internal/tomlfile"
)

// document is the content of a file: tables, arrays ([]any), strings, booleans, numbers (float64, int64) and dates
// (tomlfile.Time).
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
	parsed, err := tomlfile.Parse([]byte(text))
	if wrong, ok := errors.AsType[*tomlfile.Error](err); ok && wrong.Line > 0 {
		return document{}, fmt.Errorf("%s:%d: %s", path, wrong.Line, wrong.Text)
	}
	if err != nil {
		return document{}, fmt.Errorf("%s: %w", path, err)
	}
	return document{path: path, content: parsed.Content, lineOf: parsed.Line}, nil
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
		return document{}, fmt.Errorf("%s: must have an object, { ... }; got %s", path, tomlfile.TypeName(content))
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
	case tomlfile.Time:
		return string(value), nil
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
