package engine

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/race"
)

func TestErrOutOfMemoryOfMemoryBombs(t *testing.T) {
	for _, source := range []string{
		"var a = []; for (;;) a.push(new Array(1000).fill(0))",
		"var a = []; for (;;) { try { for (;;) a.push({}) } catch {} }",
		"var s = 'x'; for (;;) s = (s + s + 'é中').toUpperCase()",
		"var a = []; for (;;) a.push(1)",
		"var m = new Map; for (let i = 0; ; i++) m.set(i, {i})",
		"new ArrayBuffer(1 << 30)",
		"'x'.repeat(1 << 29)",
		"(function job(a) { a.push(new Array(1000).fill(0)); Promise.resolve(a).then(job) })([])",
		"var a = []; for (;;) a.push(Promise.reject(a))",
		"throw new Error('x'.repeat(15e6) + 'é'.repeat(15e6) )",
		"var a = []; try { for (;;) a.push([]) } catch (e) { throw {get message() { return 'x'.repeat(1e8) }} }",
		"JSON.parse('[' + '[],'.repeat(3e5) + '[]]')",
	} {
		r := open(t, Options{MemoryLimit: 1 << 20})
		if _, err := r.EvalScript("bomb.js", source); !errors.Is(err, ErrOutOfMemory) {
			t.Errorf("%s should end in ErrOutOfMemory, got %v", source, err)
		}
		if m := r.Memory(); m.Used > 2*m.Limit || m.Limit != 1<<20 {
			t.Errorf("%s should exceed its limit by no more than one block, got %+v", source, m)
		}
		r.CollectGarbage()
		if _, err := r.EvalScript("x", "1"); !errors.Is(err, ErrPoisoned) {
			t.Errorf("%s: the next turn should return ErrPoisoned, got %v", source, err)
		}
	}
}

// The limit grows in small steps, so that every kind of allocation fails with one of them. None may crash or go unnoticed.
func TestErrOutOfMemoryAtEveryAllocation(t *testing.T) {
	const source = `class A { #x = [1, 2]; get x() { return this.#x } }
		const o = JSON.parse('{"a":[1,{"b":"é中"}]}'), m = new Map([[o, new A().x]]);
		__host.f('a' + m.size, new Uint8Array(100), [o.a[1].b, () => 1]);
		Promise.reject(new RangeError('x', {cause: o})); null.x`
	free := open(t, Options{}).Memory().Used
	finished, step := 0, int64(509)
	if race.Enabled {
		step = 4093
	}
	for limit := free + 64; finished < 20 && limit < free+1<<20; limit += step {
		r := open(t, Options{MemoryLimit: limit})
		err := r.Define("f", func(args []Value) (Value, error) { return List(args...), nil })
		if err == nil {
			_, err = r.EvalScript("x.js", source)
		}
		var e *Exception
		switch {
		case errors.As(err, &e) && e.Name == "TypeError":
			finished++
		case !errors.Is(err, ErrOutOfMemory):
			t.Fatalf("with %d bytes the script should end with its own exception or ErrOutOfMemory, got %v", limit, err)
		}
	}
	if finished == 0 {
		t.Error("with enough memory the script should end with its own exception")
	}
}

// turns runs n turns with all kinds of values and exceptions.
func turns(t *testing.T, r *Runtime, n int) {
	t.Helper()
	call := global(t, r, "call")
	defer call.Release()
	for i := range n {
		if _, err := r.Call(call, Int(i), String("aé中"), Bytes([]byte{1, 2, 3}), List(String("x"), call.Value())); err != nil {
			t.Fatalf("turn %d: %v", i, err)
		}
		if _, err := r.EvalScript("x.js", "throw new RangeError('r', {cause: {}})"); err == nil {
			t.Fatal("the exception should be returned")
		}
		v, err := r.EvalScript("x.js", "[1, 'é', () => 1, new Uint8Array(5)]")
		if err != nil {
			t.Fatal(err)
		}
		v.release()
	}
}

func TestTurnsDoNotLeak(t *testing.T) {
	r := open(t, Options{OnUnhandled: func(*Exception) {}, OnHostError: func(string, error) {}})
	define(t, r, "echo", func(args []Value) (Value, error) { return List(args...), nil })
	define(t, r, "throw", func([]Value) (Value, error) { return Undefined(), &Throw{"DataCloneError", "no"} })
	define(t, r, "panic", func([]Value) (Value, error) { panic("x") })
	define(t, r, "again", func(args []Value) (Value, error) { return r.Call(args[0].Function(), args[1:]...) })
	eval(t, r, `globalThis.call = (n, s, b, l) => {
		__host.echo(n, s, b, l, () => n, [new Uint8Array(b), s + s]);
		for (const f of ["throw", "panic"]) try { __host[f](s) } catch {}
		try { __host.echo(new Map) } catch {}
		try { __host.again(() => { throw new TypeError(s) }) } catch {}
		__host.again((...a) => [...a, a], n, s, b);
		Promise.resolve(b).then(async x => { await x; throw new Error("lost") });
		import("nothing").catch(() => {});
		return [n, s, b, l];
	}`)
	turns(t, r, 50)
	r.CollectGarbage()
	before := r.Memory()
	n := 10000
	if testing.Short() || race.Enabled {
		n = 150
	}
	turns(t, r, n/3)
	r.CollectGarbage()
	after := r.Memory()
	if after.Objects != before.Objects || after.Used > before.Used+64<<10 {
		t.Errorf("the heap should not grow in %d turns: %+v before, %+v after", n, before, after)
	}
	if len(r.scope) != 0 || len(r.args) != 0 || len(r.rejections) != 0 {
		t.Errorf("there should be no values between turns, got %d values, %d arguments, %d rejections", len(r.scope), len(r.args), len(r.rejections))
	}
}

func TestCloseFreesMemory(t *testing.T) {
	cycle := func(n int) {
		for range n {
			r, err := New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			define(t, r, "f", func([]Value) (Value, error) { return Undefined(), nil })
			eval(t, r, `globalThis.all = []; for (let i = 0; i < 2000; i++) { const o = {s: "x" + i}; o.o = o; all.push(o) }
				new Promise(() => {}); Promise.resolve().then(() => __host.f(() => all)); globalThis.f = () => all`)
			global(t, r, "f")
			if _, err := r.EvalModule("m.js", "await new Promise(() => {})"); err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	n := 100
	if race.Enabled {
		n = 10
	}
	cycle(n)
	before := residentKiB(t)
	cycle(n)
	if grown := residentKiB(t) - before; grown > 16<<10 {
		t.Errorf("Close should free the memory of %d runtimes, but resident memory has grown by %d KiB", n, grown)
	}
}

// residentKiB returns the resident memory of the process, or 0 on systems without /proc.
func residentKiB(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int
	if _, err := fmt.Sscan(string(status), &size, &pages); err != nil {
		t.Fatalf("%s should contain numbers, found %s: %v", "/proc/self/statm", strconv.Quote(strings.TrimSpace(string(status))), err)
	}
	return pages * os.Getpagesize() >> 10
}

// docs/workers.md documents which cycles are not collected. If an engine collects more of them, the page must be changed.
func TestCollectGarbageKeepsCyclesThroughWeakMap(t *testing.T) {
	for step, kept := range map[string]bool{
		"map.set(o, {o})":                     true,
		"map.set(o, () => o)":                 true,
		"registry.register(o, {o})":           true,
		"map.set(o, {})":                      false,
		"o.self = o; map.set(o, {})":          false,
		"o.own = new WeakMap([[o, o]])":       false,
		"o.ref = new WeakRef(o)":              false,
		"new (class { #private = this })":     false,
		"o.promise = new Promise(() => o.x)":  false,
		"o.other = {o}; new Map([[o, {o}]])":  false,
		"new WeakMap([[o, {o}]])":             false,
		"new FinalizationRegistry(() => { })": false,
	} {
		r := open(t, Options{})
		eval(t, r, `const map = new WeakMap, registry = new FinalizationRegistry(() => {});
			globalThis.step = () => { for (let i = 0; i < 1000; i++) { const o = {}; `+step+` } }`)
		f := global(t, r, "step")
		mustCall(t, r, f)
		r.CollectGarbage()
		before := r.Memory().Objects
		mustCall(t, r, f)
		r.CollectGarbage()
		if more := r.Memory().Objects - before; (more >= 1000) != kept {
			t.Errorf("whether %s is kept should be %v, as documented; 1,000 of them have left %d objects", step, kept, more)
		}
		f.Release()
	}
}
