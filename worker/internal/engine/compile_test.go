package engine

import (
	"errors"
	"strings"
	"testing"

	lib "modernc.org/libquickjs"
)

// nearlyFull is a script that fills the heap except for about 150 KB.
const nearlyFull = `
	const a = [], b = [];
	try { for (;;) a.push(new ArrayBuffer(60000)) } catch {}
	try { for (;;) b.push(new ArrayBuffer(4000)) } catch {}
	b.length -= 36;`

// large returns source texts whose compilation takes many times their size.
func large() map[string]string {
	return map[string]string{
		"scopes":    strings.Repeat("for(;0;);", 3000),
		"functions": strings.Repeat("()=>0;", 3000),
		"classes":   strings.Repeat("(class{#a=1;b(){}});", 1000),
		"templates": strings.Repeat("a``;", 3000),
		"loops":     strings.Repeat("async()=>{for await(a of b);};", 1000),
		"with":      "with({}){" + strings.Repeat("{let a;a;b}", 2000) + "}",
	}
}

func TestErrOutOfMemoryEndsScriptThatCatchesIt(t *testing.T) {
	for name, code := range large() {
		for how, run := range map[string]string{
			"Function":      "new Function(code)",
			"eval":          "eval(code)",
			"indirect eval": "(0, eval)(code)",
			"generator":     "new (function*(){}).constructor(code)",
		} {
			r := open(t, Options{MemoryLimit: 8 << 20})
			define(t, r, "reached", func([]Value) (Value, error) {
				t.Errorf("%s by %s: the script should end at its next step", name, how)
				return Undefined(), nil
			})
			_, err := r.EvalScript("x.js", "const code = "+quote(code)+";"+nearlyFull+"__host.reached();"+run)
			if !errors.Is(err, ErrOutOfMemory) || r.Lost() {
				t.Errorf("%s by %s should end in ErrOutOfMemory, got %v", name, how, err)
			}
		}
	}
}

// quote returns a template literal with the text code.
func quote(code string) string { return "`" + strings.ReplaceAll(code, "`", "\\`") + "`" }

// fill fills the heap to about left bytes below its limit, without a failed allocation.
func fill(t *testing.T, r *Runtime, left int64) {
	t.Helper()
	f := eval(t, r, "const full = []; (size) => { full.push(new ArrayBuffer(size)) }").Function()
	defer f.Release()
	for _, size := range []int64{60000, 4000} {
		for r.options.MemoryLimit-int64(r.state().Fmalloc_size) > left+4*size {
			mustCall(t, r, f, Number(float64(size)))
		}
	}
}

func TestMemoryLimitAppliesAfterCompiling(t *testing.T) {
	const limit = 8 << 20
	for name, code := range large() {
		r := open(t, Options{MemoryLimit: limit})
		define(t, r, "code", func([]Value) (Value, error) { return String("if (0) {" + code + "}"), nil })
		fill(t, r, 150000)
		if _, err := r.EvalScript("x.js", "(0, eval)(__host.code()); globalThis.done = 1"); err != nil && !errors.Is(err, ErrOutOfMemory) {
			t.Errorf("%s: code that exceeds the limit while it is compiled should either run or be out of memory, got %v", name, err)
		}
		if r.Lost() {
			t.Errorf("%s: there should be no fault in the engine", name)
		}
		if m := r.Memory(); m.Used > limit+1<<20 && !r.outOfMemory && !r.poisoned {
			t.Errorf("%s: the limit should be restored, got %+v", name, m)
		}
	}
}

// The test restores the engine's own function for compiling, which does not raise the memory limit: then a failed
// allocation in the parser leads to accesses to invalid addresses.
func TestErrPoisonedAfterFaultInTurn(t *testing.T) {
	lost := 0
	for left := int64(20000); left < 400000; left += 20000 {
		r := open(t, Options{MemoryLimit: 4 << 20})
		at[lib.TJSContext](r.ctx).Feval_internal = r.evaluate
		define(t, r, "code", func([]Value) (Value, error) { return String(strings.Repeat("for(;0;);", 3000)), nil })
		run := eval(t, r, "() => { new Function(__host.code()) }").Function()
		fill(t, r, left)
		_, err := r.Call(run)
		if err != nil && !errors.Is(err, ErrOutOfMemory) && !errors.Is(err, ErrPoisoned) {
			t.Errorf("with %d bytes left the turn should end with ErrOutOfMemory or ErrPoisoned, got %v", left, err)
		}
		if !r.Lost() {
			continue
		}
		lost++
		if _, err := r.EvalScript("x", "1"); !errors.Is(err, ErrPoisoned) {
			t.Errorf("the next turn should return ErrPoisoned, got %v", err)
		}
		r.CollectGarbage()
		run.Release()
		if m := r.Memory(); m.Used != 0 {
			t.Errorf("the engine should not be used after a fault, got %+v", m)
		}
	}
	if lost == 0 {
		t.Error("the test should cause at least one fault")
	}
}

func TestErrPoisonedAfterFaultInNestedTurn(t *testing.T) {
	r := open(t, Options{})
	var inner error
	define(t, r, "inner", func([]Value) (Value, error) {
		inner = r.turn(func() error { *at[int](1 << 40) = 1; return nil })
		return Undefined(), inner
	})
	define(t, r, "reached", func([]Value) (Value, error) {
		t.Error("no script should run after the fault")
		return Undefined(), nil
	})
	_, err := r.EvalScript("x", "try { __host.inner() } catch {} finally { __host.reached() }")
	if !errors.Is(inner, ErrPoisoned) || !errors.Is(err, ErrPoisoned) || !r.Lost() {
		t.Errorf("both turns should return ErrPoisoned, got %v and %v", inner, err)
	}
}

func TestErrPoisonedAfterFaultBetweenTurns(t *testing.T) {
	for name, touch := range map[string]func(*Runtime, *Function, *Promise){
		"collecting garbage": func(r *Runtime, _ *Function, _ *Promise) { r.CollectGarbage() },
		"counting objects":   func(r *Runtime, _ *Function, _ *Promise) { r.Memory() },
		"a release":          func(_ *Runtime, f *Function, _ *Promise) { f.Release() },
		"a promise's state":  func(_ *Runtime, _ *Function, p *Promise) { p.State() },
	} {
		r := open(t, Options{})
		f := eval(t, r, "() => 1").Function()
		p, err := r.EvalModule("m.js", "await new Promise(() => {})")
		if err != nil {
			t.Fatal(err)
		}
		f.handle.v.Fu.Fuint641, p.handle.v.Fu.Fuint641 = 1<<40, 1<<40
		at[lib.TJSRuntime](r.rt).Fgc_obj_list.Fnext = 1 << 40
		touch(r, f, p)
		if _, err := r.EvalScript("x", "1"); !errors.Is(err, ErrPoisoned) || !r.Lost() {
			t.Errorf("after a fault in %s the next turn should return ErrPoisoned, got %v", name, err)
		}
	}
}
