package engine

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// open returns a Runtime that is closed at the end of the test.
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

// mustThrow runs source and returns its exception.
func mustThrow(t testing.TB, r *Runtime, source string) *Exception {
	t.Helper()
	_, err := r.EvalScript("test.js", source)
	var e *Exception
	if !errors.As(err, &e) {
		t.Fatalf("%s should throw, got error %v", source, err)
	}
	return e
}

func TestNewRefusesOptionsOutOfRange(t *testing.T) {
	for _, o := range []Options{{Depth: -1}, {Depth: maxDepth + 1}, {MemoryLimit: 1000}} {
		if r, err := New(o); err == nil {
			r.dispose()
			t.Errorf("options %+v should be refused", o)
		}
	}
}

func TestCloseMakesCallsReturnErrClosed(t *testing.T) {
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
			t.Errorf("Close should succeed, also the second time: %v", err)
		}
	}
	r.Interrupt()
	r.CollectGarbage()
	if _, err := r.EvalScript("x", "1"); !errors.Is(err, ErrClosed) {
		t.Errorf("EvalScript after Close should return ErrClosed, got %v", err)
	}
	if _, err := r.Call(f); !errors.Is(err, ErrClosed) {
		t.Errorf("Call after Close should return ErrClosed, got %v", err)
	}
	if m := r.Memory(); m.Used != 0 {
		t.Errorf("a closed runtime should use no memory, got %+v", m)
	}
	if p.State() != Pending || p.Err() != nil {
		t.Errorf("a promise should be pending after Close")
	}
	f.Keep()
	f.Release()
	f.Release()
	p.Release()
}

func TestCloseWithinHostFuncReturnsErrBusy(t *testing.T) {
	r := open(t, Options{})
	var got error
	define(t, r, "close", func([]Value) (Value, error) {
		got = r.Close()
		return Undefined(), nil
	})
	eval(t, r, "__host.close()")
	if !errors.Is(got, ErrBusy) {
		t.Errorf("Close during a turn should return ErrBusy, got %v", got)
	}
}

func TestNewRuntimesAreIndependent(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			r, err := New(Options{MemoryLimit: 16 << 20})
			if err != nil {
				t.Errorf("a runtime should start while others run: %v", err)
				return
			}
			defer r.dispose()
			for range 20 {
				v, err := r.EvalScript("x", "globalThis.n = (globalThis.n ?? 0) + 1; [...'aé中'].map(c => c + n).join('')")
				if err != nil || v.Kind() != KindString {
					t.Errorf("a script should run while others run: %v, %v", v, err)
				}
			}
		})
	}
	wg.Wait()
}

// A Goexit unwinds the frames of the engine. The runtime must detect that and not use the engine again.
func TestGoexitInHostFuncAbandonsRuntime(t *testing.T) {
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
		t.Errorf("an abandoned runtime should return ErrPoisoned, got %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("an abandoned runtime should close: %v", err)
	}
}

func TestErrPoisonedAfterPanicInEngine(t *testing.T) {
	r, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.dispose()
	err = r.turn(func() error { panic("fault") })
	var p *PanicError
	if !errors.Is(err, ErrPoisoned) || !errors.As(err, &p) || p.Value != "fault" || !strings.Contains(string(p.Stack), "engine") {
		t.Errorf("a fault in the engine should be an ErrPoisoned with the panic and its stack, got %v", err)
	}
	if err := r.RunJobs(); !errors.Is(err, ErrPoisoned) {
		t.Errorf("the next turn should return ErrPoisoned, got %v", err)
	}
}
