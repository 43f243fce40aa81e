package tomlfile

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

// linesOf returns the lines of all keys of a valid text, by their joined paths. The line of a table is that of its header,
// or of its first key without one.
func linesOf(text []byte) map[string]int {
	l := lineReader{text: text, line: 1, lines: map[string]int{}, tables: map[string]int{}}
	l.parser.Reset(text)
	for l.parser.NextExpression() {
		e := l.parser.Expression()
		if e.Kind == unstable.Table {
			l.table = l.key(nil, e.Key())
		}
		if e.Kind == unstable.ArrayTable {
			l.table = l.arrayTable(e)
		}
		if e.Kind == unstable.KeyValue {
			l.keyValue(l.table, e)
		}
	}
	return l.lines
}

// lineReader reads a text from the first to the last key.
type lineReader struct {
	parser unstable.Parser
	text   []byte
	offset int // up to which lines have been counted
	line   int // the line of offset

	table  []string       // the path of the table that the next keys belong to
	tables map[string]int // the number of tables in each array of tables, by its joined path
	lines  map[string]int
}

// lineAt returns the line of an offset, which is not before that of the last call.
func (l *lineReader) lineAt(offset int) int {
	if offset > l.offset {
		l.line += bytes.Count(l.text[l.offset:offset], []byte("\n"))
		l.offset = offset
	}
	return l.line
}

// record sets the line of a path, unless it has one.
func (l *lineReader) record(path []string, line int) {
	if key := join(path); l.lines[key] == 0 {
		l.lines[key] = line
	}
}

// key records a key, which may be dotted, in the table at a path, and returns its path. A table that is an array of tables
// is the last one of that.
func (l *lineReader) key(at []string, parts unstable.Iterator) []string {
	path := slices.Clone(at)
	for parts.Next() {
		part := parts.Node()
		path = append(path, string(part.Data))
		l.record(path, l.lineAt(int(part.Raw.Offset)))
		if n := l.tables[join(path)]; n > 0 && !parts.IsLast() {
			path = append(path, strconv.Itoa(n-1))
		}
	}
	return path
}

// arrayTable records the header of a table in an array of tables, and returns the path of the table.
func (l *lineReader) arrayTable(e *unstable.Node) []string {
	path := l.key(nil, e.Key())
	n := l.tables[join(path)]
	l.tables[join(path)] = n + 1
	path = append(path, strconv.Itoa(n))
	l.record(path, l.line)
	return path
}

// keyValue records a key and those in its value.
func (l *lineReader) keyValue(at []string, e *unstable.Node) {
	l.value(l.key(at, e.Key()), e.Value())
}

// value records the keys in the value at a path.
func (l *lineReader) value(path []string, value *unstable.Node) {
	if value.Kind != unstable.InlineTable && value.Kind != unstable.Array {
		return // has no keys
	}
	items := value.Children()
	for i := 0; items.Next(); i++ {
		if value.Kind == unstable.InlineTable {
			l.keyValue(path, items.Node())
		} else {
			l.value(append(slices.Clone(path), strconv.Itoa(i)), items.Node())
		}
	}
}
