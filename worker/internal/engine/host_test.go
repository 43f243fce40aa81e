package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestDefineHostObjectCanBeDeleted(t *testing.T) {
	r := open(t, Options{})
	define(t, r, "one", func([]Value) (Value, error) { return Int(1), nil })
	v := eval(t, r, "const host = __host; delete globalThis.__host; [typeof __host, host.one(), Object.getPrototypeOf(host) === null, host.one.name]")
	got := v.List()
	if got[0].String() != "undefined" || got[1].Int() != 1 || !got[2].Bool() || got[3].String() != "one" {
		t.Errorf("a script should be able to keep the host object and delete the global, got %v", got)
	}
	define(t, r, "one", func([]Value) (Value, error) { return Int(2), nil })
	if v := eval(t, r, "host.one()"); v.Int() != 2 {
		t.Errorf("defining a name again should replace the function, got %v", v)
	}
}

func TestHostFuncErrorsAreThrown(t *testing.T) {
	secret := errors.New("password is hunter2")
	var reported []string
	r := open(t, Options{OnHostError: func(function string, err error) { reported = append(reported, fmt.Sprint(function, ": ", err)) }})
	for i, err := range []error{
		&Throw{"TypeError", "bad"}, &Throw{"RangeError", "far"}, &Throw{"SyntaxError", "odd"}, &Throw{"DataCloneError", "no"},
		&Throw{"Error", "plain"}, fmt.Errorf("wrapped: %w", &Throw{"URIError", "in"}), &Exception{Name: "EvalError", Message: "again"},
		secret,
	} {
		define(t, r, fmt.Sprint("f", i), func([]Value) (Value, error) { return Int(1), err })
	}
	define(t, r, "f8", func([]Value) (Value, error) { panic(secret) })
	define(t, r, "f9", func([]Value) (Value, error) { return List(new(Function).Value()), nil })
	for i, want := range []string{
		"TypeError: bad", "RangeError: far", "SyntaxError: odd", "DataCloneError: no", "Error: plain", "URIError: in", "EvalError: again",
		"Error: f7: internal error", "Error: f8: internal error", "Error: f9: internal error",
	} {
		v := eval(t, r, fmt.Sprintf(`try { __host.f%d(); "nothing" } catch (e) {
			const real = globalThis[e.name] ?? Error;
			e instanceof real && e.constructor === real && e.stack.includes("test.js") ? String(e) : "not a real " + e.name }`, i))
		if v.String() != want {
			t.Errorf("f%d should throw %q, got %q", i, want, v.String())
		}
	}
	if len(reported) != 3 || !strings.Contains(reported[0], "hunter2") || !strings.Contains(reported[1], "panic: password") {
		t.Errorf("OnHostError should get the errors whose details the script does not see, got %q", reported)
	}
}

func TestHostFuncArgumentsAreReleased(t *testing.T) {
	r := open(t, Options{})
	var notKept, kept *Function
	define(t, r, "take", func(args []Value) (Value, error) {
		notKept, kept = args[0].Function(), args[1].List()[0].Function().Keep()
		return Undefined(), nil
	})
	eval(t, r, "__host.take(() => 1, [() => 2])")
	if _, err := r.Call(notKept); !errors.Is(err, ErrReleased) {
		t.Errorf("a function that was not kept should be released after the call, got %v", err)
	}
	if v, err := r.Call(kept); err != nil || v.Int() != 2 {
		t.Errorf("a kept function should still work after the call, got %v, %v", v, err)
	}
	kept.Release()
}

func TestHostFuncMayCallScript(t *testing.T) {
	r := open(t, Options{})
	define(t, r, "each", func(args []Value) (Value, error) {
		var out []Value
		for _, v := range args[1].List() {
			result, err := r.Call(args[0].Function(), v)
			if err != nil {
				return Undefined(), err
			}
			out = append(out, result)
		}
		return List(out...), nil
	})
	v := eval(t, r, "var order = []; Promise.resolve().then(() => order.push('job')); var out = __host.each(x => { order.push(x); return __host.each(y => y + 1, [x])[0] }, [1, 2, 3]); order.push('end'); out")
	if got := v.List(); len(got) != 3 || got[2].Int() != 4 {
		t.Errorf("a host function should get the results of its calls, got %v", got)
	}
	if v := eval(t, r, "order.join()"); v.String() != "1,2,3,end,job" {
		t.Errorf("jobs should wait for the outermost turn, got %v", v)
	}
	if v := eval(t, r, "try { __host.each(() => { throw new RangeError('mine') }, [1]) } catch (e) { String(e) }"); v.String() != "RangeError: mine" {
		t.Errorf("an exception of the script should propagate through the host function, got %v", v)
	}
}

func TestHostFuncRecursionIsStackOverflow(t *testing.T) {
	r := open(t, Options{Depth: 500})
	define(t, r, "again", func(args []Value) (Value, error) { return r.Call(args[0].Function(), args...) })
	if e := mustThrow(t, r, "function f(g) { return __host.again(g) } f(f)"); !errors.Is(e, ErrStackOverflow) {
		t.Errorf("recursion through the host should be a stack overflow, got %v", e)
	}
}

func TestDefineRefusesTooManyFunctions(t *testing.T) {
	r := open(t, Options{})
	r.functions = make([]hostFunction, 1<<15)
	var size *SizeError
	if err := r.Define("f", nil); !errors.As(err, &size) {
		t.Errorf("one host function too many should be a SizeError, got %v", err)
	}
}
