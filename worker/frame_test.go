package worker_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestFramesOfExceptionsWhileLoading(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		frames []string // the parts of the text, in order
		line   string
	}{
		"a cause": {
			script: "function f() {\n  throw new TypeError('no', { cause: new Error('inner', { cause: 5 }) });\n}\nf();",
			frames: []string{
				"✘ [ERROR] TypeError: no\n\n    app.js:2:13:\n", "      at f (app.js:2:13)\n      at app.js:4:1\n",
				"  caused by Error: inner\n\n    app.js:2:42:\n", "cause: new Error('inner'", "    caused by 5\n",
			},
			line: "app.js:2:13: TypeError: no, caused by Error: inner (app.js:2:42), caused by 5",
		},
		"several errors": {
			script: "throw new AggregateError([new Error('a'), new RangeError('b')], 'all');",
			frames: []string{"✘ [ERROR] AggregateError: all\n\n    app.js:1:11:\n", "  [0] Error: a\n\n    app.js:1:31:\n", "  [1] RangeError: b\n\n    app.js:1:47:\n"},
			line:   "app.js:1:11: AggregateError: all [Error: a (app.js:1:31); RangeError: b (app.js:1:47)]",
		},
		"a deep stack": {
			script: "function f(n) { if (n === 0) throw new Error('deep'); f(n - 1); }\nf(30);",
			frames: []string{"✘ [ERROR] Error: deep\n", strings.Repeat("      at f (app.js:1:55)\n", 9) + "      ...\n"},
			line:   "app.js:1:40: Error: deep",
		},
		"a value that is not an error": {
			script: "throw null;",
			frames: []string{"✘ [ERROR] the script threw null while it was loading: throw an Error, which has a position\n"},
			line:   "the script threw null while it was loading: throw an Error, which has a position",
		},
		"an error of a rejected top-level await": {
			script: "await Promise.reject(new Error('late', { cause: 'why' }));",
			frames: []string{"✘ [ERROR] Error: late\n\n    app.js:1:26:\n", "  caused by why\n"},
			line:   "app.js:1:26: Error: late, caused by why",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := writeIn(t, t.TempDir(), "app.js", c.script)
			_, err := load(t, file, worker.Options{})
			failure, ok := errors.AsType[*worker.LoadError](err)
			if !ok {
				t.Fatalf("Load returns a *LoadError; got %v", err)
			}
			folder := regexp.MustCompile(`[^\s(]*app\.js`) // the test's file is outside the working directory
			if got := folder.ReplaceAllString(failure.Error(), "app.js"); got != c.line {
				t.Errorf("the text of the error is\n%s\ngot\n%s", c.line, got)
			}
			frames := folder.ReplaceAllString(worker.Frames(failure.Problems, false), "app.js")
			rest := frames
			for _, want := range c.frames {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("the frames contain\n%s\nafter the part before it; got\n%s", want, frames)
				}
				rest = after
			}
		})
	}
}
