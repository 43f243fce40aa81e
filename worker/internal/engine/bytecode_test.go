package engine

import (
	"errors"
	"sync"
	"testing"
)

func TestRuntimeRunInManyRuntimes(t *testing.T) {
	code, err := Compile("lib.js", "globalThis.f = function f(x) {\n  if (x < 0) throw new RangeError('é' + x);\n  return x * 2\n}")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			r, err := New(Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer r.dispose()
			if _, err := r.Run(code); err != nil {
				t.Errorf("compiled code should run: %v", err)
				return
			}
			f, err := r.Global("f")
			if err != nil {
				t.Error(err)
				return
			}
			if v, err := r.Call(f, Int(21)); err != nil || v.Int() != 42 {
				t.Errorf("compiled code should work like its source, got %v, %v", v, err)
			}
			_, err = r.Call(f, Int(-1))
			var e *Exception
			if !errors.As(err, &e) || e.Message != "é-1" || e.Frames[0] != (Frame{Function: "f", File: "lib.js", Line: 2, Column: 34}) {
				t.Errorf("compiled code should keep its positions, got %+v", err)
			}
		})
	}
	wg.Wait()
}

func TestRuntimeRunRefusesTheZeroBytecode(t *testing.T) {
	if _, err := open(t, Options{}).Run(Bytecode{}); err == nil {
		t.Error("Run should refuse the zero Bytecode")
	}
}

func TestCompileReturnsSyntaxErrors(t *testing.T) {
	var e *Exception
	if _, err := Compile("s.js", "let let = 1"); !errors.As(err, &e) || e.Name != "SyntaxError" {
		t.Errorf("Compile should return a syntax error, got %v", err)
	}
	if _, err := open(t, Options{}).Run(mustCompile(t, "throw new Error('at run')")); !errors.As(err, &e) || e.Message != "at run" {
		t.Errorf("Run should return the exception of compiled code, got %v", err)
	}
}

func mustCompile(t *testing.T, source string) Bytecode {
	t.Helper()
	b, err := Compile("c.js", source)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
