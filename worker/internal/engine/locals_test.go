package engine

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// names returns n names for parameters or variables.
func names(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint("a", i)
	}
	return strings.Join(all, ",")
}

// poked runs source while the engine is poked again and again.
func poked(r *Runtime, source string) error {
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				r.Poke()
			}
		}
	}()
	_, err := r.EvalScript("x.js", source)
	return err
}

func TestLocalsOfCallsInProgressCount(t *testing.T) {
	const limit = 32 << 20
	for name, source := range map[string]string{
		"variables":           "const f = new Function('d', 'var " + names(60000) + "; return d > 0 ? f(d - 1) : 0'); globalThis.f = f; f(2500)",
		"parameters":          "const f = new Function('" + names(60000) + "', 'return a0 > 0 ? f(a0 - 1) : 0'); globalThis.f = f; f(2500)",
		"arguments of a bind": "let d = 2500; const g = (...a) => d-- > 0 ? f() : 0, f = g.bind(null, ...Array(60000).fill(0)); f()",
		"a chain of binds":    "let f = () => 0; for (let i = 0; i < 2500; i++) f = f.bind(null, i); f(...Array(60000).fill(0))",
		"of a getter":         "const f = new Function('var " + names(60000) + "; return o.x'); globalThis.o = {get x() { return f() }}; o.x",
		"hidden by a catch":   "const f = new Function('d', 'var " + names(60000) + "; try { return d > 0 ? f(d - 1) : 0 } catch {}'); globalThis.f = f; f(2500)",
	} {
		r := open(t, Options{MemoryLimit: limit})
		before := residentKiB(t)
		if err := poked(r, source); !errors.Is(err, ErrOutOfMemory) {
			t.Errorf("%s should count as memory, got %v", name, err)
		}
		if grown := residentKiB(t) - before; grown > 400<<10 {
			t.Errorf("%s should stay near the limit, but %d MiB more are resident", name, grown>>10)
		}
	}
}

func TestDeepCallsWithFewLocalsAreNotOutOfMemory(t *testing.T) {
	r := open(t, Options{MemoryLimit: 16 << 20})
	err := poked(r, "const f = (d, a, b, c) => d > 0 ? f(d - 1, a, b, c) + 1 : 0; for (let i = 0; i < 50; i++) f(4000); function g() { g() } try { g() } catch {}")
	if err != nil {
		t.Errorf("calls up to the depth limit should fit, got %v", err)
	}
}

func TestTheLocalsAreFoundInTheLibrary(t *testing.T) {
	if !localsField.ok {
		t.Error("libc.TLS should have a list of the blocks that alloca has made; look for its new name")
	}
	r := open(t, Options{})
	var during int
	define(t, r, "look", func([]Value) (Value, error) {
		during = int(r.locals())
		return Undefined(), nil
	})
	eval(t, r, "new Function('var "+names(10000)+"; __host.look()')()")
	if during < 160000 || r.locals() != 0 {
		t.Errorf("a call with 10,000 variables should take 160,000 bytes, and none afterwards, got %d and %d", during, r.locals())
	}
}

func TestALargeHeapRaisesTheLimitOfStacks(t *testing.T) {
	for _, limit := range []int64{0, 700 << 20} {
		open(t, Options{MemoryLimit: limit})
		last := debug.SetMaxStack(maxStack)
		debug.SetMaxStack(last)
		if last < maxStack {
			t.Errorf("with a limit of %d bytes a stack should be allowed %d bytes, got %d", limit, maxStack, last)
		}
	}
}

// Without a check of the depth the recursion goes on to the end of the chain.
func TestARecursionWithoutACheckOfDepthEnds(t *testing.T) {
	n := 100000
	if raceEnabled {
		n = 10000
	}
	r := open(t, Options{MemoryLimit: 128 << 20})
	define(t, r, "n", func([]Value) (Value, error) { return Int(n), nil })
	eval(t, r, `let f = function () {};
		for (let i = __host.n(); i > 0; i--) {
			f = Function.prototype.bind.call(f);
			Object.setPrototypeOf(f, null);
			delete f.name;
			delete f.length;
		}
		globalThis.chain = f`)
	done := make(chan error)
	go func() { // whose stack goes with it
		_, err := r.EvalScript("x.js", "try { ({}) instanceof chain } catch {}")
		done <- err
	}()
	if err := <-done; err != nil {
		t.Errorf("the recursion should end in an error that the script can catch, got %v", err)
	}
}
