package worker

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-sourcemap/sourcemap"

	"github.com/lingerws/linger/worker/internal/engine"
)

// sourceMap traces positions in the bundle back to the sources.
type sourceMap struct {
	consumer *sourcemap.Consumer // nil for a bundle without code
}

func newSourceMap(data []byte) (*sourceMap, error) {
	var head struct{ Mappings string }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	if head.Mappings == "" { // which the consumer takes for a mistake
		return &sourceMap{}, nil
	}
	consumer, err := sourcemap.Parse("", data)
	if err != nil {
		return nil, err
	}
	return &sourceMap{consumer}, nil
}

// position returns where a place in the bundle comes from. Lines and columns
// count from 1.
func (m *sourceMap) position(line, column int) (Position, bool) {
	if m.consumer == nil {
		return Position{}, false
	}
	file, _, line, column, ok := m.consumer.Source(line, column-1)
	return Position{File: file, Line: line, Column: column + 1}, ok
}

// Position is a place in a source file; line and column count from 1.
type Position struct {
	File         string
	Line, Column int
}

// String returns "file:line:column".
func (p Position) String() string {
	if p.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

var (
	bundlePlace = regexp.MustCompile(regexp.QuoteMeta(bundleName) + `:(\d+):(\d+)`)

	// ownFrame is a line of a stack that belongs to the globals, with the built-in
	// function that it was called through.
	ownFrame = regexp.MustCompile(`(\n +at [^\n]* \(native\))?\n +at [^\n]* \(linger:web:\d+:\d+\)`)
)

// trace replaces the places of the bundle in a text, such as a stack, and leaves out
// the frames that are none of the application's.
func (m *sourceMap) trace(text string) string {
	if !strings.Contains(text, "linger:") { // as most texts do not
		return text
	}
	return bundlePlace.ReplaceAllStringFunc(ownFrame.ReplaceAllString(text, ""), func(place string) string {
		parts := bundlePlace.FindStringSubmatch(place)
		line, _ := strconv.Atoi(parts[1])
		column, _ := strconv.Atoi(parts[2])
		if p, ok := m.position(line, column); ok {
			return p.String()
		}
		return place
	})
}

// origin returns where in the sources a stack begins: the first frame that belongs to
// the application.
func (m *sourceMap) origin(stack []engine.Frame) Position {
	for _, f := range stack {
		if f.File != bundleName {
			continue
		}
		if p, ok := m.position(f.Line, f.Column); ok {
			return p
		}
	}
	return Position{}
}
