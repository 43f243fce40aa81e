package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestStyleOf(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	for _, output := range []*os.File{file, null} {
		for setting, want := range map[string]style{
			"":                         {},
			"NO_COLOR=1":               {},
			"FORCE_COLOR=1":            {terminal: true, color: true},
			"FORCE_COLOR=0":            {},
			"FORCE_COLOR=1 NO_COLOR=1": {terminal: true, color: true},
		} {
			env := func(name string) string {
				for assignment := range strings.FieldsSeq(setting) {
					if key, value, _ := strings.Cut(assignment, "="); key == name {
						return value
					}
				}
				return ""
			}
			if got := styleOf(output, env); got != want {
				t.Errorf("with %q the style of %s must be %+v; got %+v", setting, output.Name(), want, got)
			}
		}
	}
}

// onScreen returns the output of a terminalHandler for a line, without the time.
func onScreen(s style, log func(*slog.Logger)) string {
	var text bytes.Buffer
	log(slog.New(terminalHandler{to: &text, level: slog.LevelInfo, style: s}))
	_, after, _ := strings.Cut(text.String(), " ")
	return after
}

func TestTerminalHandlerHandle(t *testing.T) {
	for want, log := range map[string]func(*slog.Logger){
		"INFO shutting down signal=terminated connections=3\n": func(l *slog.Logger) { l.Info("shutting down", "signal", "terminated", "connections", 3) },
		`WARN w error="a \"b\" c" empty="" tab="a\tb"` + "\n":  func(l *slog.Logger) { l.Warn("w", "error", errors.New(`a "b" c`), "empty", "", "tab", "a\tb") },
		"ERROR e a=1 g.b=2 g.h.c=3\n":                          func(l *slog.Logger) { l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").Error("e", "c", 3) },
		"ERROR e g.a=1\n":                                      func(l *slog.Logger) { l.Error("e", slog.Group("g", "a", 1)) },
		"ERROR panic id=x\nline 1\n\tline 2\uFFFD[31m\n":       func(l *slog.Logger) { l.Error("panic", "stack", "line 1\n\tline 2\x1b[31m\n", "id", "x") },
	} {
		if got := onScreen(style{terminal: true}, log); got != want {
			t.Errorf("the terminal must show %q; got %q", want, got)
		}
	}
	if got := onScreen(style{}, func(l *slog.Logger) { l.Debug("hidden") }); got != "" {
		t.Errorf("a line below the level must not be written; got %q", got)
	}
}

func TestTerminalHandlerScriptError(t *testing.T) {
	e := &worker.ScriptError{
		Text: "AggregateError: all failed\x1b[2J", Stack: []string{"f (app.js:1:2)", "app.js:9:1"}, More: true,
		Errors: []*worker.ScriptError{{Text: "Error: one", Stack: []string{"g (app.js:3:1)"}}, {Text: "two", Cause: &worker.ScriptError{Text: "deep"}}},
		Others: 7,
		Cause:  &worker.ScriptError{Text: "Error: several\nlines"},
	}
	want := `ERROR uncaught exception event=fetch
AggregateError: all failed` + "\uFFFD" + `[2J
    at f (app.js:1:2)
    at app.js:9:1
    ...
  [0] Error: one
      at g (app.js:3:1)
  [1] two
    caused by deep
  and 7 more errors
  caused by Error: several
  lines
`
	if got := onScreen(style{terminal: true}, func(l *slog.Logger) { l.Error("uncaught exception", "event", "fetch", slog.Any("", e)) }); got != want {
		t.Errorf("the terminal must show\n%s\ngot\n%s", want, got)
	}
}

func TestTerminalHandlerLoadError(t *testing.T) {
	err := &worker.LoadError{Problems: []worker.Problem{{File: "app.js", Line: 2, Column: 7, Text: "Expected identifier", Source: "const ;", Length: 1}}}
	got := onScreen(style{terminal: true}, func(l *slog.Logger) { l.Error("application not reloaded", "error", err) })
	for _, part := range []string{"ERROR application not reloaded\n", "Expected identifier", "app.js:2:7", "const ;"} {
		if !strings.Contains(got, part) {
			t.Errorf("the terminal must show %q; got\n%s", part, got)
		}
	}
}

func TestStyleWriteExcerpt(t *testing.T) {
	for source, c := range map[string]struct {
		column int
		want   string
	}{
		"throw new Error();":     {7, "    12 | throw new Error();\n       |       ^\n"},
		"\tthrow x;":             {2, "    12 | \tthrow x;\n       | \t^\n"},
		"'\U0001F600é'; throw x": {8, "    12 | '\U0001F600é'; throw x\n       |       ^\n"},
		"short":                  {99, "    12 | short\n       |      ^\n"},
		"":                       {1, "    12 | \n       | ^\n"},
		strings.Repeat("a", 1000) + "!" + strings.Repeat("b", 1000): {1001, "    12 | ..." + strings.Repeat("a", 50) + "!" + strings.Repeat("b", 99) + "...\n       |    " + strings.Repeat(" ", 50) + "^\n"},
	} {
		var got bytes.Buffer
		style{}.writeExcerpt(&got, "", source, worker.Position{File: "app.js", Line: 12, Column: c.column})
		if got.String() != c.want {
			t.Errorf("the excerpt must be\n%q, got\n%q", c.want, got.String())
		}
	}
}
