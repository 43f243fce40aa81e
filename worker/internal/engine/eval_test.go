package engine

import (
	"errors"
	"strings"
	"testing"
)

func TestEvalScriptReturnsLastValue(t *testing.T) {
	r := open(t, Options{})
	if v := eval(t, r, "1; 2 + 3"); v.Int() != 5 {
		t.Errorf("the last expression should be the result, got %v", v)
	}
	if v := eval(t, r, "globalThis.o = {}"); v.Kind() != KindUndefined {
		t.Errorf("a result that cannot be converted should be undefined, got %v", v)
	}
	if v := eval(t, r, "'a\x00b'.length"); v.Int() != 3 {
		t.Errorf("NUL in a source should be an ordinary character, got %v", v)
	}
	if v := eval(t, r, "'\xff'"); v.String() != "\uFFFD" {
		t.Errorf("bytes in a source that are not UTF-8 should be U+FFFD, got %q", v.String())
	}
}

func TestEvalSyntaxErrorHasPosition(t *testing.T) {
	r := open(t, Options{})
	_, scriptErr := r.EvalScript("dir/a.js", "\n  var x = ;")
	_, moduleErr := r.EvalModule("dir/a.js", "\n  var x = ;")
	for _, err := range []error{scriptErr, moduleErr} {
		var e *Exception
		if !errors.As(err, &e) || e.Name != "SyntaxError" || len(e.Frames) == 0 || e.Frames[0] != (Frame{File: "dir/a.js", Line: 2, Column: 11}) {
			t.Errorf("a syntax error should point at dir/a.js:2:11, got %+v", err)
		}
	}
}

// module evaluates a module whose Promise is released at the end of the test.
func module(t *testing.T, r *Runtime, source string) *Promise {
	t.Helper()
	p, err := r.EvalModule("file:///app.js", source)
	if err != nil {
		t.Fatalf("the module should load: %v", err)
	}
	t.Cleanup(p.Release)
	return p
}

func TestEvalModuleRunsJobs(t *testing.T) {
	r := open(t, Options{})
	p := module(t, r, "globalThis.url = import.meta.url; await null; globalThis.done = this === undefined")
	if p.State() != Fulfilled || p.Err() != nil {
		t.Errorf("a module whose awaits are ready should be fulfilled, got %v, %v", p.State(), p.Err())
	}
	if v := eval(t, r, "[url, done].join()"); v.String() != "file:///app.js,true" {
		t.Errorf("the module should have import.meta.url, and undefined as this, got %v", v)
	}
}

func TestEvalModuleTopLevelAwait(t *testing.T) {
	r := open(t, Options{})
	p := module(t, r, "await new Promise(go => globalThis.go = go); throw new TypeError('late')")
	if p.State() != Pending || p.Err() != nil {
		t.Errorf("a module that waits should be pending, got %v", p.State())
	}
	eval(t, r, "go()")
	if p.State() != Rejected || p.Err() == nil || p.Err().Error() != "TypeError: late" {
		t.Errorf("a module that throws after an await should be rejected with the exception, got %v, %v", p.State(), p.Err())
	}
}

func TestEvalModuleRefusesImports(t *testing.T) {
	r := open(t, Options{OnUnhandled: func(e *Exception) { t.Errorf("the rejection of a module should not be reported to OnUnhandled: %v", e) }})
	if _, err := r.EvalModule("a.js", "import x from './other.js'"); err == nil || !strings.Contains(err.Error(), "other.js") {
		t.Errorf("an import should fail with an error that contains the file, got %v", err)
	}
	p := module(t, r, "await import('./other.js')")
	if p.State() != Rejected || !strings.Contains(p.Err().Error(), "TypeError: cannot import") {
		t.Errorf("import() should reject, got %v, %v", p.State(), p.Err())
	}
	eval(t, r, "import('std').catch(e => globalThis.caught = e.name)")
	if v := eval(t, r, "caught"); v.String() != "TypeError" {
		t.Errorf("import() of the engine's own modules should reject, got %v", v)
	}
}

func TestNewHasNoSystemGlobals(t *testing.T) {
	r := open(t, Options{})
	v := eval(t, r, "['std', 'os', 'bjson', 'console', 'print', 'scriptArgs', 'Worker', 'setTimeout'].filter(n => n in globalThis).join()")
	if v.String() != "" {
		t.Errorf("the globals of a new runtime should be those of the language, found %v", v)
	}
	if e := mustThrow(t, r, "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"); e.Name != "TypeError" {
		t.Errorf("a script should not be able to block its goroutine, got %v", e)
	}
}
