package engine

import (
	"errors"
	"sync"
	"testing"
)

// interruptWhen runs source and interrupts it from another goroutine as soon as the
// script says, by __host.started(), that it has started.
func interruptWhen(t *testing.T, r *Runtime, source string) error {
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

func TestInterruptEndsWhatTheScriptCannotCatch(t *testing.T) {
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
		if err := interruptWhen(t, r, "__host.started(); "+source); !errors.Is(err, ErrInterrupted) {
			t.Errorf("%s should end with ErrInterrupted, got %v", source, err)
		}
		if _, err := r.EvalScript("x", "1"); !errors.Is(err, ErrInterrupted) {
			t.Errorf("%s: the next turn should not begin before ClearInterrupt, got %v", source, err)
		}
		r.ClearInterrupt()
		if v := eval(t, r, "typeof caught"); v.String() != "undefined" {
			t.Errorf("%s should not have been able to catch the interrupt", source)
		}
	}
}

func TestInterruptReachesNestedTurns(t *testing.T) {
	r := open(t, Options{})
	var inner error
	define(t, r, "call", func(args []Value) (Value, error) {
		_, inner = r.Call(args[0].Function())
		return Undefined(), inner
	})
	err := interruptWhen(t, r, "try { __host.call(() => { __host.started(); for (;;) {} }) } catch { for (;;) {} }")
	if !errors.Is(err, ErrInterrupted) || !errors.Is(inner, ErrInterrupted) {
		t.Errorf("both turns should end with ErrInterrupted, got %v and %v", inner, err)
	}
}

func TestHostFunctionsAreNotCalledAfterAnInterrupt(t *testing.T) {
	r := open(t, Options{})
	calls := 0
	define(t, r, "count", func([]Value) (Value, error) {
		calls++
		r.Interrupt()
		return Undefined(), nil
	})
	if _, err := r.EvalScript("x", "try { __host.count(); __host.count() } catch { globalThis.caught = 1; __host.count() }"); !errors.Is(err, ErrInterrupted) || calls != 1 {
		t.Errorf("an interrupted script should reach no host function, got %d calls, %v", calls, err)
	}
	r.ClearInterrupt()
	if v := eval(t, r, "typeof caught"); v.String() != "undefined" {
		t.Error("a script should not be able to catch the end that a host call told it of")
	}
}

func TestInterruptBeforeATurnKeepsItFromBeginning(t *testing.T) {
	r := open(t, Options{})
	r.Interrupt()
	r.Interrupt()
	if _, err := r.EvalModule("x", "globalThis.ran = 1"); !errors.Is(err, ErrInterrupted) {
		t.Errorf("a turn should not begin while interrupted, got %v", err)
	}
	r.ClearInterrupt()
	if v := eval(t, r, "typeof ran"); v.String() != "undefined" {
		t.Error("nothing of the refused module should have run")
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

// The place is that of the last call in the function that was interrupted, or of the
// function: the engine notes no other.
func TestAnInterruptTellsWhereTheScriptWas(t *testing.T) {
	for name, script := range map[string]string{
		"loop": "function f() { __host.started(); for (;;); }\nf();",
		"job":  "Promise.resolve().then(() => { __host.started(); for (;;); });",
		"call": "__host.started(); Math.abs(1); for (;;);",
	} {
		r := open(t, Options{})
		err := interruptWhen(t, r, "\n"+script)
		where, ok := errors.AsType[*Interruption](err)
		if !ok || !errors.Is(err, ErrInterrupted) || len(where.Frames) == 0 || where.Frames[0].File != "loop.js" || where.Frames[0].Line != 2 {
			t.Errorf("%s: the interrupted turn tells the line, loop.js:2; got %#v", name, err)
		}
		r.ClearInterrupt()
		if _, err := r.EvalScript("app.js", "1"); err != nil {
			t.Errorf("%s: the next turn begins; got %v", name, err)
		}
	}
}

// By itself the engine looks up after 10,000 steps, and each of these takes long.
func TestInterruptComesAtTheNextStepHoweverLongStepsTake(t *testing.T) {
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
		err := interruptWhen(t, r, `
			globalThis.n = 0;
			const list = Array.from({length: 30000}, (_, i) => i), text = JSON.stringify(list), structured = (l) => [...l];
			__host.started();
			for (;;) { n++; `+step+` }`)
		if !errors.Is(err, ErrInterrupted) || !r.Noticed() {
			t.Errorf("%s should end with ErrInterrupted and note it, got %v", step, err)
		}
		r.ClearInterrupt()
		if n := eval(t, r, "n").Int(); n > 2000 || r.Noticed() {
			t.Errorf("%s should be ended at the next step, not after %d of them", step, n)
		}
	}
}

func TestLocateTellsWhereTheScriptIs(t *testing.T) {
	for name, prepare := range map[string]string{
		"as it is":               "",
		"by the script":          "Error.prepareStackTrace = (e, frames) => { for (let i = 0; i < 20000; i++); return 'stack' };",
		"never by the script":    "Error.prepareStackTrace = () => { for (;;); };",
		"with other memory":      "Error.prepareStackTrace = () => { const a = []; for (;;) a.push([]) };",
		"with an error of Error": "Error.prepareStackTrace = () => { throw 1 }; globalThis.Error = null;",
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
		if err != nil && name != "with other memory" {
			t.Errorf("%s: the script should go on, got %v", name, err)
		}
		if name == "as it is" && (len(places) != 1 || len(places[0].Frames) != 2 || places[0].Frames[0].Function != "inner" || places[0].Frames[0].Line != 2) {
			t.Errorf("the place should be in inner, got %+v", places)
		}
	}
}

func TestLocateWithoutAStepIsAnsweredInTheNextTurn(t *testing.T) {
	located := 0
	r := open(t, Options{OnLocated: func(Place) { located++; panic("of the host") }})
	r.Locate()
	if located != 0 {
		t.Error("nothing should be called without a turn")
	}
	eval(t, r, "for (let i = 0; i < 100; i++);")
	eval(t, r, "for (let i = 0; i < 100; i++);")
	if located != 1 {
		t.Errorf("the place should be told once, got %d", located)
	}
}
