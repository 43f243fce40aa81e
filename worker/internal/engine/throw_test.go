package engine

import (
	"errors"
	"strings"
	"testing"
)

// throwing returns a Runtime whose host function f returns throw.
func throwing(t *testing.T, options Options, throw *Throw) *Runtime {
	t.Helper()
	r := open(t, options)
	define(t, r, "f", func([]Value) (Value, error) { return Undefined(), throw })
	return r
}

// caught is a script that calls f and returns the class of the exception, its own properties, the number of enumerable
// ones, its name and its message.
const caught = `try { __host.f() } catch (e) {
	[Object.getPrototypeOf(e).name, Object.getOwnPropertyNames(e).sort().join(), Object.keys(e).length, e.name, e.message]
}`

func TestThrowBuiltInClasses(t *testing.T) {
	for name := range errorClasses {
		r := throwing(t, Options{}, &Throw{name, "bad"})
		got := eval(t, r, caught).List()
		if got[0].String() != name || got[1].String() != "message,stack" || got[2].Int() != 0 || got[3].String() != name {
			t.Errorf("a %s should have its class and nothing but message and stack, got %v", name, got)
		}
		if v := eval(t, r, "try { __host.f() } catch (e) { e instanceof "+name+" && e instanceof Error }"); !v.Bool() {
			t.Errorf("a %s should be an instance of its class and of Error", name)
		}
	}
}

func TestThrowOtherNames(t *testing.T) {
	for _, c := range []struct{ name, own, shown string }{
		{"DataCloneError", "message,name,stack", "DataCloneError"},
		{"é", "message,name,stack", "é"},
		{"Error", "message,stack", "Error"},
		{"", "message,stack", "Error"},
	} {
		got := eval(t, throwing(t, Options{}, &Throw{c.name, "bad"}), caught).List()
		if got[0].String() != "Error" || got[1].String() != c.own || got[2].Int() != 0 || got[3].String() != c.shown {
			t.Errorf("an error named %q should be an Error with the properties %s, shown as %s, got %v", c.name, c.own, c.shown, got)
		}
	}
}

func TestThrowMessage(t *testing.T) {
	for message, want := range map[string]string{
		"": "", "a\x00b": "a\x00b", "é中😀": "é中😀", "a\xff": "a\uFFFD", strings.Repeat("long ", 5000): strings.Repeat("long ", 5000),
	} {
		if got := eval(t, throwing(t, Options{}, &Throw{"RangeError", message}), caught).List()[4].String(); got != want {
			t.Errorf("the message %.40q should be %.40q in the script, got %.40q", message, want, got)
		}
	}
}

func TestThrowMessageBeyondMemoryLimit(t *testing.T) {
	for _, throw := range []*Throw{{"TypeError", strings.Repeat("x", 8<<20)}, {strings.Repeat("x", 8<<20), "bad"}} {
		r := throwing(t, Options{MemoryLimit: 4 << 20}, throw)
		if _, err := r.EvalScript("test.js", "try { __host.f() } catch {}"); !errors.Is(err, ErrOutOfMemory) {
			t.Errorf("an error that exceeds the memory limit should be ErrOutOfMemory, got %v", err)
		}
	}
}

func TestThrowIgnoresReplacedClasses(t *testing.T) {
	r := open(t, Options{})
	define(t, r, "f", func([]Value) (Value, error) { return Undefined(), &Throw{"TypeError", "bad"} })
	v := eval(t, r, "const real = TypeError; globalThis.TypeError = class Fake {}; try { __host.f() } catch (e) { e instanceof real }")
	if !v.Bool() {
		t.Error("an error should be of the built-in class even if the script has replaced the global of that name")
	}
}
