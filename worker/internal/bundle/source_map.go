package bundle

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-sourcemap/sourcemap"
)

// Sources maps positions in a bundle to the source files.
type Sources struct {
	consumer *sourcemap.Consumer // nil for a bundle without code
}

// NewSources reads a source map in JSON.
func NewSources(data []byte) (*Sources, error) {
	var head struct{ Mappings string }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	if head.Mappings == "" { // an error for the parser
		return &Sources{}, nil
	}
	consumer, err := sourcemap.Parse("", data)
	if err != nil {
		return nil, err
	}
	return &Sources{consumer}, nil
}

// Position returns the source position of a position in the bundle, and reports whether it is known.
// Lines and columns count from 1.
func (m *Sources) Position(line, column int) (Position, bool) {
	if m.consumer == nil {
		return Position{}, false
	}
	file, _, line, column, ok := m.consumer.Source(line, column-1)
	return Position{File: file, Line: line, Column: column + 1}, ok
}

// Find returns the source position of a position in a file, and reports whether it is known. The file is the bundle, which has the
// name [Name], or one of the sources, with its absolute path: some runtimes use the source map themselves.
func (m *Sources) Find(file string, line, column int) (Position, bool) {
	if file == Name {
		return m.Position(line, column)
	}
	if m.consumer == nil || !filepath.IsAbs(file) {
		return Position{}, false
	}
	name := relativeName(file)
	return Position{File: name, Line: line, Column: column}, m.consumer.SourceContent(name) != ""
}

var (
	// bundlePlace matches a position in the bundle.
	bundlePlace = regexp.MustCompile(regexp.QuoteMeta(Name) + `:(\d+):(\d+)`)

	// lingerFrame matches a stack line of the code of the globals, and the line of the built-in
	// function that called it.
	lingerFrame = regexp.MustCompile(`(\n +at [^\n]* \(native\))?\n +at [^\n]* \(linger:web(?:/\w+)?:\d+:\d+\)`)
)

// Trace returns a text, such as a stack, with source positions instead of positions in the bundle,
// and without the frames of Linger's own code.
func (m *Sources) Trace(text string) string {
	if !strings.Contains(text, "linger:") { // the common case, without a regular expression
		return text
	}
	return bundlePlace.ReplaceAllStringFunc(lingerFrame.ReplaceAllString(text, ""), func(place string) string {
		parts := bundlePlace.FindStringSubmatch(place)
		line, _ := strconv.Atoi(parts[1])
		column, _ := strconv.Atoi(parts[2])
		if p, ok := m.Position(line, column); ok {
			return p.String()
		}
		return place
	})
}

// Line returns a line of a source file, counted from 1, without its line end. It returns "" if the line is not known.
func (m *Sources) Line(file string, number int) string {
	if m.consumer == nil {
		return ""
	}
	for line := range strings.Lines(m.consumer.SourceContent(file)) {
		if number--; number == 0 {
			return strings.TrimRight(line, "\r\n")
		}
	}
	return ""
}
