package worker_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// failing are scripts that cannot be loaded, with the position and parts of the text of the problem.
var failing = map[string]struct {
	script, place string
	parts         []string
}{
	"throw":                 {"let a = 1;\nthrow new TypeError('bad ' + a);", "app.js:2:", []string{"TypeError: bad 1"}},
	"throw in a call":       {"function f() {\n  null.x;\n}\nf();", "app.js:2:", []string{"TypeError"}},
	"throw of a text":       {"throw 'text';", "", []string{"text"}},
	"throw of a proxy":      {"throw new Proxy({}, { get() { throw 1; } });", "", nil},
	"await rejects":         {"await null;\nawait Promise.reject(new Error('later'));", "app.js:2:", []string{"Error: later"}},
	"await rejects by time": {"await new Promise((_, no) => setTimeout(() => no(new Error('late')), 1));", "app.js:1:", []string{"Error: late"}},
	"await never ends":      {"await new Promise(() => {});", "", []string{"await", "never ends"}},
	"await waits too long":  {"setInterval(() => {}, 10); await new Promise(() => {});", "", []string{"await", loopTimeout.String()}},
	"endless loop":          {"for (;;);", "", []string{"computed for longer than " + loopTimeout.String()}},
	"endless loop in time":  {"setTimeout(() => { for (;;); }); await new Promise(() => {});", "", []string{"timer", "event timeout"}},
	"out of memory":         {outOfMemory, "", []string{"out of memory", "25165824", "--memory"}},
	"out of memory in time": {"setTimeout(() => {" + outOfMemory + "}); await new Promise(() => {});", "", []string{"timer"}},
	"import by name":        {"await import(globalThis.name ?? './x.js');", "app.js:1:", []string{"cannot import"}},
	"no such global":        {"\n\nrequire('fs');", "app.js:3:", []string{"fs"}},
}

func TestLoadFailureLeavesNoGoroutine(t *testing.T) {
	engineOnly(t, ownMessages)
	before := runtime.NumGoroutine()
	t.Run("scripts", func(t *testing.T) {
		for name, c := range failing {
			t.Run(name, func(t *testing.T) {
				if strings.HasSuffix(name, "in time") {
					embeddedOnly(t, "a child reports the position, and not that it was in a timer")
				}
				t.Parallel()
				opts := worker.Options{
					EventTimeout: loopTimeout, Memory: small,
					Stdout: newSink(), Stderr: newSink(), Logger: discard,
				}
				wantProblem(t, write(t, "app.js", c.script), opts, c.place, c.parts...)
			})
		}
	})
	for late := time.Now().Add(testTimeout); time.Now().Before(late); time.Sleep(time.Millisecond) {
		if runtime.NumGoroutine() <= before {
			return
		}
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("scripts that could not be loaded leave no goroutine; there are %d, before there were %d:\n%s",
		runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

// The interrupt happens within a promise job, or between two jobs, where there is no position in the script.
func TestLoadInterruptsEndlessPromises(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	_, err := load(t, write(t, "app.js", "(function again() { Promise.resolve().then(again); })();"), worker.Options{
		EventTimeout: loopTimeout, Stdout: newSink(), Stderr: newSink(), Logger: discard,
	})
	failure, ok := errors.AsType[*worker.LoadError](err)
	if !ok || len(failure.Problems) == 0 {
		t.Fatalf("Load returns a *LoadError; got %v", err)
	}
	p := failure.Problems[0]
	if !strings.Contains(p.Text, "computed for longer than "+loopTimeout.String()) || p.File != "" && !strings.Contains(p.String(), "app.js:1:") {
		t.Errorf("the problem is that the script computed for too long, and its position, if there is one, is in the first line; got %q", p)
	}
}

func TestLoadErrorHasALineForEachProblem(t *testing.T) {
	t.Parallel()
	err := &worker.LoadError{Problems: []worker.Problem{
		{File: "a.js", Line: 3, Column: 7, Text: "wrong"}, {File: "b.js", Text: "gone"}, {Text: "odd"},
	}}
	if got, want := err.Error(), "a.js:3:7: wrong\nb.js: gone\nodd"; got != want {
		t.Errorf("the error is %q; got %q", want, got)
	}
}
