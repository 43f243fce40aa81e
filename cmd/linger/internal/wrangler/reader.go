package wrangler

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lingerws/linger/cmd/linger/internal/tomlfile"
)

// reader collects the faults of a file.
type reader struct {
	document
	problems []error
	warnings []Warning
}

// problem adds a fault. path is the path of the setting, nil for the whole file.
func (r *reader) problem(path []string, text string) {
	place := r.path
	if line := r.lineOf(path); line > 0 {
		place = fmt.Sprintf("%s:%d", place, line)
	}
	r.problems = append(r.problems, fmt.Errorf("%s: %s", place, text))
}

func (r *reader) warn(path []string, text string) {
	r.warnings = append(r.warnings, Warning{Key: keyOf(path), Text: text})
}

// keyOf returns a path as it is written in messages, such as kv_namespaces[0].binding.
func keyOf(path []string) string {
	var b strings.Builder
	for i, part := range path {
		switch {
		case isIndex(part):
			b.WriteString("[" + part + "]")
		case i > 0:
			b.WriteString("." + part)
		default:
			b.WriteString(part)
		}
	}
	return b.String()
}

func isIndex(part string) bool { return part != "" && strings.Trim(part, "0123456789") == "" }

func (r *reader) err() error { return errors.Join(r.problems...) }

func (r *reader) root() table { return table{r: r, content: r.content} }

// table is a table of a file. Its methods report values of the wrong type and return the zero value for them and for missing
// keys.
type table struct {
	r         *reader
	at        []string // the path of the table
	content   map[string]any
	inherited map[string]bool // the keys whose values are those at the top of the file
}

func (t table) has(key string) bool {
	_, ok := t.content[key]
	return ok
}

// path returns the path of a key.
func (t table) path(key string) []string {
	if t.inherited[key] {
		return []string{key}
	}
	return append(slices.Clone(t.at), key)
}

// fail reports a fault of a key.
func (t table) fail(key, text string) { t.r.problem(t.path(key), text) }

// wrongType reports that the value of a key has the wrong type.
func (t table) wrongType(key, expected string) {
	t.fail(key, fmt.Sprintf("%s must be %s; got %s", keyOf(t.path(key)), expected, tomlfile.TypeName(t.content[key])))
}

// text returns a string.
func (t table) text(key string) string {
	if !t.has(key) {
		return ""
	}
	text, ok := t.content[key].(string)
	if !ok {
		t.wrongType(key, "a string")
	}
	return text
}

// required returns a string, and reports that it is missing or empty.
func (t table) required(key string) string {
	text := t.text(key)
	if value, isText := t.content[key].(string); !t.has(key) || isText && value == "" {
		t.r.problem(t.at, fmt.Sprintf("%s must have a %s", keyOf(t.at), key))
	}
	return text
}

// oneOf returns a string that is one of several, or "".
func (t table) oneOf(key string, valid []string) string {
	text := t.text(key)
	if text != "" && !slices.Contains(valid, text) {
		t.fail(key, fmt.Sprintf("%s must be one of %s; got %q", keyOf(t.path(key)), strings.Join(valid, ", "), text))
	}
	return text
}

// date returns a date as text.
func (t table) date(key string) string {
	var text string
	switch value := t.content[key].(type) {
	case tomlfile.Time:
		text = string(value)
	case string:
		text = value
	default:
		if !t.has(key) {
			return ""
		}
		t.wrongType(key, "a date, such as 2026-11-01")
		return ""
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		t.fail(key, fmt.Sprintf("%s: %q is not a date: write it as 2026-11-01", keyOf(t.path(key)), text))
	}
	return text
}

// texts returns an array of strings.
func (t table) texts(key string) (list []string) {
	if !t.has(key) {
		return nil
	}
	values, ok := t.content[key].([]any)
	for _, value := range values {
		text, isText := value.(string)
		ok = ok && isText
		list = append(list, text)
	}
	if !ok {
		t.fail(key, keyOf(t.path(key))+" must be an array of strings")
	}
	return list
}

// routes returns an array of paths, or the path of all requests for true.
func (t table) routes(key string) []string {
	if on, ok := t.content[key].(bool); ok {
		if on {
			return []string{"/*"}
		}
		return nil
	}
	list := t.texts(key)
	for _, route := range list {
		if !strings.HasPrefix(strings.TrimPrefix(route, "!"), "/") {
			t.fail(key, fmt.Sprintf("%s must have paths that begin with / or !/; got %q", keyOf(t.path(key)), route))
		}
	}
	return list
}

// table returns a table, empty if it is missing.
func (t table) table(key string) table {
	content, ok := t.content[key].(map[string]any)
	if !ok && t.has(key) {
		t.wrongType(key, "a table")
	}
	return table{r: t.r, at: t.path(key), content: content}
}

// tables returns an array of tables.
func (t table) tables(key string) (list []table) {
	if !t.has(key) {
		return nil
	}
	values, ok := t.content[key].([]any)
	for i, value := range values {
		content, isTable := value.(map[string]any)
		ok = ok && isTable
		list = append(list, table{r: t.r, at: append(t.path(key), strconv.Itoa(i)), content: content})
	}
	if !ok {
		t.fail(key, keyOf(t.path(key))+" must be an array of tables")
		return nil
	}
	return list
}

// values returns a table whose values may be any that JSON can represent.
func (t table) values(key string) map[string]any {
	content := t.table(key)
	values := make(map[string]any, len(content.content))
	for name, value := range content.content {
		converted, err := JSONValue(value)
		if err != nil {
			content.fail(name, keyOf(content.path(name))+" "+err.Error())
		}
		values[name] = converted
	}
	return values
}

// bindings returns the paths and the names of the bindings of a key: of an array of tables, of one table, or, if nameKey is empty,
// the keys of a table. A binding without a name, or of an unexpected type, has the name "".
func (t table) bindings(key, nameKey string) iter.Seq2[[]string, string] {
	nameIn := func(value any) string {
		content, _ := value.(map[string]any)
		name, _ := content[nameKey].(string)
		return name
	}
	return func(yield func(path []string, name string) bool) {
		switch value := t.content[key].(type) {
		case nil:
		case []any:
			for i, item := range value {
				if !yield(append(t.path(key), strconv.Itoa(i)), nameIn(item)) {
					return
				}
			}
		case map[string]any:
			if nameKey != "" {
				yield(t.path(key), nameIn(value))
				return
			}
			for _, name := range slices.Sorted(maps.Keys(value)) {
				if !yield(append(t.path(key), name), name) {
					return
				}
			}
		default:
			yield(t.path(key), "")
		}
	}
}
