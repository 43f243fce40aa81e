package engine

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/race"
)

// names returns a list of n names of parameters or variables.
func names(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint("a", i)
	}
	return strings.Join(all, ",")
}

// evalWithPokes runs source while another goroutine calls Poke every millisecond.
func evalWithPokes(r *Runtime, source string) error {
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

func TestMemoryLimitIncludesLocals(t *testing.T) {
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
		if err := evalWithPokes(r, source); !errors.Is(err, ErrOutOfMemory) {
			t.Errorf("%s should count towards the memory limit, got %v", name, err)
		}
		if grown := residentKiB(t) - before; grown > 400<<10 {
			t.Errorf("%s should not exceed the limit by much, but resident memory has grown by %d MiB", name, grown>>10)
		}
	}
}

func TestMemoryLimitAdmitsDeepCalls(t *testing.T) {
	r := open(t, Options{MemoryLimit: 16 << 20})
	err := evalWithPokes(r, "const f = (d, a, b, c) => d > 0 ? f(d - 1, a, b, c) + 1 : 0; for (let i = 0; i < 50; i++) f(4000); function g() { g() } try { g() } catch {}")
	if err != nil {
		t.Errorf("calls up to the depth limit should fit into the memory limit, got %v", err)
	}
}

func TestLocalsSize(t *testing.T) {
	if !localBlocksField.ok {
		t.Error("libc.TLS should have a list of the blocks that alloca has allocated; look for its new name")
	}
	r := open(t, Options{})
	var during int
	define(t, r, "look", func([]Value) (Value, error) {
		during = int(r.localsSize())
		return Undefined(), nil
	})
	eval(t, r, "new Function('var "+names(10000)+"; __host.look()')()")
	if during < 160000 || r.localsSize() != 0 {
		t.Errorf("the size of the locals should be at least 160,000 bytes in a call with 10,000 variables and 0 after it, got %d and %d", during, r.localsSize())
	}
}

func TestNewWithLargeLimitRaisesMaxStack(t *testing.T) {
	for _, limit := range []int64{0, 700 << 20} {
		open(t, Options{MemoryLimit: limit})
		last := debug.SetMaxStack(maxStack)
		debug.SetMaxStack(last)
		if last < maxStack {
			t.Errorf("with a memory limit of %d bytes the limit of stacks should be %d bytes, got %d", limit, maxStack, last)
		}
	}
}

// instanceof does not check the depth, so it recurses to the end of the chain of bound functions.
func TestRecursionOfBuiltInEnds(t *testing.T) {
	n := 100000
	if race.Enabled {
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
	go func() { // the large stack is freed with the goroutine
		_, err := r.EvalScript("x.js", "try { ({}) instanceof chain } catch {}")
		done <- err
	}()
	if err := <-done; err != nil {
		t.Errorf("the recursion should end in an error that the script can catch, got %v", err)
	}
}
