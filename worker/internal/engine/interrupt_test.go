package engine

import (
	"errors"
	"sync"
	"testing"
)

// interruptAfterStart runs source and interrupts it from another goroutine after the script has called __host.started().
func interruptAfterStart(t *testing.T, r *Runtime, source string) error {
	t.Helper()
	started := make(chan struct{})
	var once sync.Once
	define(t, r, "started", func([]Value) (Value, error) {
		once.Do(func() { close(started) })
		return Undefined(), nil
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		<-started
		r.Interrupt()
	})
	_, err := r.EvalScript("loop.js", source)
	wg.Wait()
	return err
}

func TestInterruptCannotBeCaught(t *testing.T) {
	for _, source := range []string{
		"for (;;) {}",
		"for (;;) { try { for (;;) {} } catch {} finally { continue } }",
		"/(x+x+)+y/.test('x'.repeat(100))",
		"(function job() { Promise.resolve().then(job) })()",
		"(async () => { for (;;) await null })()",
		"(async () => { try { for (;;) {} } catch { globalThis.caught = 1 } })().catch(() => { globalThis.caught = 2 })",
		"[1].map(() => { for (;;) {} })",
		"throw {get message() { for (;;) {} }}",
		"Promise.reject({get message() { for (;;) {} }})",
		"[Object.defineProperty([], 0, {get() { for (;;) {} }})]",
	} {
		r := open(t, Options{})
		if err := interruptAfterStart(t, r, "__host.started(); "+source); !errors.Is(err, ErrInterrupted) {
			t.Errorf("%s should end with ErrInterrupted, got %v", source, err)
		}
		if _, err := r.EvalScript("x", "1"); !errors.Is(err, ErrInterrupted) {
			t.Errorf("%s: a turn before ClearInterrupt should return ErrInterrupted, got %v", source, err)
		}
		r.ClearInterrupt()
		if v := eval(t, r, "typeof caught"); v.String() != "undefined" {
			t.Errorf("%s should not be able to catch the interrupt", source)
		}
	}
}

func TestInterruptEndsNestedTurns(t *testing.T) {
	r := open(t, Options{})
	var inner error
	define(t, r, "call", func(args []Value) (Value, error) {
		_, inner = r.Call(args[0].Function())
		return Undefined(), inner
	})
	err := interruptAfterStart(t, r, "try { __host.call(() => { __host.started(); for (;;) {} }) } catch { for (;;) {} }")
	if !errors.Is(err, ErrInterrupted) || !errors.Is(inner, ErrInterrupted) {
		t.Errorf("both turns should end with ErrInterrupted, got %v and %v", inner, err)
	}
}

func TestInterruptPreventsHostCalls(t *testing.T) {
	r := open(t, Options{})
	calls := 0
	define(t, r, "count", func([]Value) (Value, error) {
		calls++
		r.Interrupt()
		return Undefined(), nil
	})
	if _, err := r.EvalScript("x", "try { __host.count(); __host.count() } catch { globalThis.caught = 1; __host.count() }"); !errors.Is(err, ErrInterrupted) || calls != 1 {
		t.Errorf("an interrupted script should not be able to call host functions, got %d calls, %v", calls, err)
	}
	r.ClearInterrupt()
	if v := eval(t, r, "typeof caught"); v.String() != "undefined" {
		t.Error("a script should not be able to catch an interrupt that a host call throws")
	}
}

func TestInterruptPreventsNextTurn(t *testing.T) {
	r := open(t, Options{})
	r.Interrupt()
	r.Interrupt()
	if _, err := r.EvalModule("x", "globalThis.ran = 1"); !errors.Is(err, ErrInterrupted) {
		t.Errorf("a turn after Interrupt should return ErrInterrupted, got %v", err)
	}
	r.ClearInterrupt()
	if v := eval(t, r, "typeof ran"); v.String() != "undefined" {
		t.Error("the module should not have run")
	}
}

func TestInterruptFromManyGoroutines(t *testing.T) {
	r := open(t, Options{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					r.Interrupt()
				}
			}
		})
	}
	for range 50 {
		r.ClearInterrupt()
		if _, err := r.EvalScript("x", "for (let i = 0; i < 20000; i++) {}"); err != nil && !errors.Is(err, ErrInterrupted) {
			t.Errorf("a turn should succeed or be interrupted, got %v", err)
		}
	}
	close(stop)
	wg.Wait()
	r.ClearInterrupt()
	eval(t, r, "1")
}

// The position is that of the last call in the interrupted function, or of the function itself: the engine does not record
// others.
func TestInterruptionHasPosition(t *testing.T) {
	for name, script := range map[string]string{
		"loop": "function f() { __host.started(); for (;;); }\nf();",
		"job":  "Promise.resolve().then(() => { __host.started(); for (;;); });",
		"call": "__host.started(); Math.abs(1); for (;;);",
	} {
		r := open(t, Options{})
		err := interruptAfterStart(t, r, "\n"+script)
		where, ok := errors.AsType[*Interruption](err)
		if !ok || !errors.Is(err, ErrInterrupted) || len(where.Frames) == 0 || where.Frames[0].File != "loop.js" || where.Frames[0].Line != 2 {
			t.Errorf("%s: the error should have the position loop.js:2, got %#v", name, err)
		}
		r.ClearInterrupt()
		if _, err := r.EvalScript("app.js", "1"); err != nil {
			t.Errorf("%s: a turn after ClearInterrupt should run, got %v", name, err)
		}
	}
}

// Without Poke the engine would poll after 10,000 steps, and each of these steps is slow.
func TestInterruptTakesEffectAtNextStep(t *testing.T) {
	for _, step := range []string{
		"JSON.parse(text)",
		"JSON.stringify(list)",
		"list.indexOf(-1)",
		"list.slice().sort()",
		"text.includes('not in it')",
		"text.split(',')",
		"list.join()",
		"new Uint8Array(1e6).fill(1).lastIndexOf(2)",
		"/x+y/.test(text)",
		"structured(list)",
	} {
		r := open(t, Options{})
		err := interruptAfterStart(t, r, `
			globalThis.n = 0;
			const list = Array.from({length: 30000}, (_, i) => i), text = JSON.stringify(list), structured = (l) => [...l];
			__host.started();
			for (;;) { n++; `+step+` }`)
		if !errors.Is(err, ErrInterrupted) || !r.Noticed() {
			t.Errorf("%s should end with ErrInterrupted, and Noticed should be true, got %v", step, err)
		}
		r.ClearInterrupt()
		if n := eval(t, r, "n").Int(); n > 2000 || r.Noticed() {
			t.Errorf("%s should end at the next step, not after %d steps", step, n)
		}
	}
}

func TestLocateReportsPosition(t *testing.T) {
	for name, prepare := range map[string]string{
		"built-in stack":    "",
		"prepareStackTrace": "Error.prepareStackTrace = (e, frames) => { for (let i = 0; i < 20000; i++); return 'stack' };",
		"endless loop":      "Error.prepareStackTrace = () => { for (;;); };",
		"out of memory":     "Error.prepareStackTrace = () => { const a = []; for (;;) a.push([]) };",
		"exception":         "Error.prepareStackTrace = () => { throw 1 }; globalThis.Error = null;",
	} {
		var places []Place
		r := open(t, Options{MemoryLimit: 16 << 20, OnLocated: func(p Place) { places = append(places, p) }})
		define(t, r, "locate", func([]Value) (Value, error) {
			r.Locate()
			return Undefined(), nil
		})
		_, err := r.EvalScript("x.js", prepare+`
			function inner() { __host.locate(); let n = 0; for (let i = 0; i < 3; i++) n += i; return n }
			inner();`)
		if err != nil && name != "out of memory" {
			t.Errorf("%s: the script should continue, got %v", name, err)
		}
		if name == "built-in stack" && (len(places) != 1 || len(places[0].Frames) != 2 || places[0].Frames[0].Function != "inner" || places[0].Frames[0].Line != 2) {
			t.Errorf("the position should be in the function inner, got %+v", places)
		}
	}
}

func TestLocateBetweenTurnsReportsInNextTurn(t *testing.T) {
	located := 0
	r := open(t, Options{OnLocated: func(Place) { located++; panic("of the host") }})
	r.Locate()
	if located != 0 {
		t.Error("OnLocated should not be called between turns")
	}
	eval(t, r, "for (let i = 0; i < 100; i++);")
	eval(t, r, "for (let i = 0; i < 100; i++);")
	if located != 1 {
		t.Errorf("OnLocated should be called once, got %d calls", located)
	}
}
