package tomlfile_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/lingerws/linger/cmd/linger/internal/tomlfile"
)

const text = `# comment
main = "src/app.js"
log.level = "debug"
limits = { rooms = 10,
  open = true }
dates = [2026-11-01, 07:32:00, 2026-11-01T07:32:00, 2026-11-01T07:32:00Z]

[vars]
"a.b" = 1
"=#\"" = """
x = 1
"""
[[kv]]
binding = "A"

[[kv]]
binding = "B"
  [kv.options]
  ttl = 3

[drain.
`

func TestParse(t *testing.T) {
	valid, _, _ := strings.Cut(text, "[drain.")
	document, err := tomlfile.Parse([]byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"main": "src/app.js", "log": map[string]any{"level": "debug"}, "limits": map[string]any{"rooms": int64(10), "open": true},
		"dates": []any{tomlfile.Time("2026-11-01"), tomlfile.Time("07:32:00"), tomlfile.Time("2026-11-01T07:32:00"), tomlfile.Time("2026-11-01T07:32:00Z")},
		"vars":  map[string]any{"a.b": int64(1), `=#"`: "x = 1\n"},
		"kv":    []any{map[string]any{"binding": "A"}, map[string]any{"binding": "B", "options": map[string]any{"ttl": int64(3)}}},
	}
	if !reflect.DeepEqual(document.Content, want) {
		t.Errorf("the content must be %v; got %v", want, document.Content)
	}
	for path, line := range map[string]int{
		"main": 2, "log": 3, "log level": 3, "limits": 4, "limits rooms": 4, "limits open": 5, "vars": 8, "vars a.b": 9, `vars =#"`: 10, "kv": 13,
		"kv 0 binding": 14, "kv 1": 16, "kv 1 binding": 17, "kv 1 options": 18, "kv 1 options ttl": 19, "x": 0, "main x": 2, "vars none": 8,
	} {
		if got := document.Line(strings.Split(path, " ")); got != line {
			t.Errorf("the line of %s must be %d; got %d", path, line, got)
		}
	}
}

func TestParseReportsLine(t *testing.T) {
	for text, line := range map[string]int{text: 21, "a = 1\na = 2": 2, "a =": 1, "\n\nx = [1,\n2": 4, "a = 1\n[a]": 2} {
		_, err := tomlfile.Parse([]byte(text))
		if wrong, ok := errors.AsType[*tomlfile.Error](err); !ok || wrong.Line != line {
			t.Errorf("%q must be an error in line %d; got %v", text, line, err)
		}
	}
}

// FuzzParse checks that each key of a valid document has a line.
func FuzzParse(f *testing.F) {
	f.Add(text[:strings.Index(text, "[drain.")])
	f.Add("a.b = [{c = 1}, {c = [[2]]}]\n[[x.y]]\n[x.y.z]\n[[x.y]]")
	f.Add("a = nan\r\n'b' = 0x1_0\r\n\"\\u0041\" = -0")
	f.Fuzz(func(t *testing.T, text string) {
		document, err := tomlfile.Parse([]byte(text))
		if err != nil {
			return
		}
		for key := range document.Content {
			if line := document.Line([]string{key}); line < 1 || line > 1+strings.Count(text, "\n") {
				t.Errorf("the line of %q is %d in %q", key, line, text)
			}
		}
	})
}
