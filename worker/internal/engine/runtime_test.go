package engine

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// open makes a Runtime that is closed with the test.
func open(t testing.TB, options Options) *Runtime {
	t.Helper()
	r, err := New(options)
	if err != nil {
		t.Fatalf("a runtime should start: %v", err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("a runtime should close after its last turn: %v", err)
		}
	})
	return r
}

func eval(t testing.TB, r *Runtime, source string) Value {
	t.Helper()
	v, err := r.EvalScript("test.js", source)
	if err != nil {
		t.Fatalf("%s should run: %v", source, err)
	}
	return v
}

func global(t testing.TB, r *Runtime, name string) *Function {
	t.Helper()
	f, err := r.Global(name)
	if err != nil {
		t.Fatalf("the global %s should be found: %v", name, err)
	}
	return f
}

func define(t testing.TB, r *Runtime, name string, f HostFunc) {
	t.Helper()
	if err := r.Define(name, f); err != nil {
		t.Fatalf("%s should be defined: %v", name, err)
	}
}

// mustThrow runs source and gives what it threw.
func mustThrow(t testing.TB, r *Runtime, source string) *Exception {
	t.Helper()
	_, err := r.EvalScript("test.js", source)
	var e *Exception
	if !errors.As(err, &e) {
		t.Fatalf("%s should throw, got error %v", source, err)
	}
	return e
}

func TestOptionsOutOfRangeAreRefused(t *testing.T) {
	for _, o := range []Options{{Depth: -1}, {Depth: maxDepth + 1}, {MemoryLimit: 1000}} {
		if r, err := New(o); err == nil {
			r.stop()
			t.Errorf("options %+v should be refused", o)
		}
	}
}

func TestClosedRuntimeAnswersErrClosed(t *testing.T) {
	r, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	eval(t, r, "globalThis.f = () => 1")
	f := global(t, r, "f")
	p, err := r.EvalModule("m.js", "await new Promise(() => {})")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Errorf("closing should succeed, also again: %v", err)
		}
	}
	r.Interrupt()
	r.CollectGarbage()
	if _, err := r.EvalScript("x", "1"); !errors.Is(err, ErrClosed) {
		t.Errorf("a script after Close should answer ErrClosed, got %v", err)
	}
	if _, err := r.Call(f); !errors.Is(err, ErrClosed) {
		t.Errorf("a function that outlives its runtime should answer ErrClosed, got %v", err)
	}
	if m := r.Memory(); m.Used != 0 {
		t.Errorf("a closed runtime should use no memory, got %+v", m)
	}
	if p.State() != Pending || p.Err() != nil {
		t.Errorf("a promise that outlives its runtime should stay pending")
	}
	f.Keep()
	f.Release()
	f.Release()
	p.Release()
}

func TestCloseInsideAHostFunctionIsRefused(t *testing.T) {
	r := open(t, Options{})
	var got error
	define(t, r, "close", func([]Value) (Value, error) {
		got = r.Close()
		return Undefined(), nil
	})
	eval(t, r, "__host.close()")
	if !errors.Is(got, ErrBusy) {
		t.Errorf("Close during a turn should answer ErrBusy, got %v", got)
	}
}

func TestRuntimesAreIndependent(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			r, err := New(Options{MemoryLimit: 16 << 20})
			if err != nil {
				t.Errorf("a runtime should start beside others: %v", err)
				return
			}
			defer r.stop()
			for range 20 {
				v, err := r.EvalScript("x", "globalThis.n = (globalThis.n ?? 0) + 1; [...'aé中'].map(c => c + n).join('')")
				if err != nil || v.Kind() != KindString {
					t.Errorf("a script should run beside others: %v, %v", v, err)
				}
			}
		})
	}
	wg.Wait()
}

// A Goexit cannot be kept out of the engine's frames. The runtime must notice and
// never touch them again.
func TestGoexitInAHostFunctionAbandonsTheRuntime(t *testing.T) {
	r, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	define(t, r, "exit", func([]Value) (Value, error) {
		runtime.Goexit()
		return Undefined(), nil
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = r.EvalScript("x", "(function f() { let keep = () => f; __host.exit(keep) })()")
	})
	wg.Wait()
	if _, err := r.EvalScript("x", "1"); !errors.Is(err, ErrPoisoned) {
		t.Errorf("an abandoned runtime should answer ErrPoisoned, got %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("an abandoned runtime should close: %v", err)
	}
}

func TestEnginePanicPoisonsTheRuntime(t *testing.T) {
	r, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.stop()
	err = r.turn(func() error { panic("fault") })
	var p *PanicError
	if !errors.Is(err, ErrPoisoned) || !errors.As(err, &p) || p.Value != "fault" || !strings.Contains(string(p.Stack), "engine") {
		t.Errorf("a fault inside the engine should be an ErrPoisoned with the panic and its stack, got %v", err)
	}
	if err := r.RunJobs(); !errors.Is(err, ErrPoisoned) {
		t.Errorf("the next turn should answer ErrPoisoned, got %v", err)
	}
}
