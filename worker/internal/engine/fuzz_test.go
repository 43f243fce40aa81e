package engine

import (
	"context"
	"errors"
	"testing"
	"time"
)

// FuzzBorder runs any script with any text and bytes as arguments, and with host functions that return their arguments,
// call back, and throw. The runtime must return a value or one of the documented errors, and must close.
func FuzzBorder(f *testing.F) {
	for _, source := range []string{
		"(s, b, host) => host.echo(s, b)", "(s) => s.split('').reverse().join('')", "(s, b) => [new Uint16Array(b.slice(0, 2)), [s, [s]]]",
		"(s, b, host) => host.call(x => host.call(() => { throw x }), b)", "(s, b) => { b.transfer(); return b }",
		"async (s) => { await s; throw s }", "(s) => { throw {get message() { throw s }} }", "(s) => new RegExp(s).exec(s)",
		"(s, b, host) => new Proxy(host.echo, {apply(f, t, a) { return a }})(s, b)", "(s) => import(s)", "(s) => eval(s)", "s => JSON.parse(s)",
		"function f(...a) { return f.call(...a, f) }", "s => { for (;;) s += s }", "() => [,,[function () {}]]", "(s, b, host) => host.fail(s)",
	} {
		f.Add(source, "text é\x00\xff😀", []byte{1, 2, 3})
	}
	f.Fuzz(func(t *testing.T, source, text string, data []byte) {
		r, err := New(Options{MemoryLimit: 8 << 20, Depth: 500, OnUnhandled: func(*Exception) {}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer stop()
		context.AfterFunc(ctx, r.Interrupt)
		fuzzRuntime(t, r, source, text, data)
		if err := r.Close(); err != nil {
			t.Errorf("the runtime should close: %v", err)
		}
	})
}

// fuzzRuntime runs source as a script, calls its result, and runs source as a module.
func fuzzRuntime(t *testing.T, r *Runtime, source, text string, data []byte) {
	host := map[string]HostFunc{
		"echo": func(args []Value) (Value, error) { return List(args...), nil },
		"call": func(args []Value) (Value, error) {
			if len(args) == 0 {
				return Undefined(), nil
			}
			return r.Call(args[0].Function(), args[1:]...)
		},
		"fail": func(args []Value) (Value, error) {
			return Undefined(), &Throw{Name: List(args...).String(), Message: text}
		},
	}
	for name, f := range host {
		if err := r.Define(name, f); err != nil && !errors.Is(err, ErrInterrupted) {
			t.Fatalf("%s should be defined: %v", name, err)
		}
	}
	v, err := r.EvalScript("fuzz.js", "("+source+"\n)")
	wantKnownError(t, err)
	if fn := v.Function(); fn != nil {
		_, err := r.Call(fn, String(text), Bytes(data))
		wantKnownError(t, err)
	}
	if p, err := r.EvalModule("fuzz.mjs", source); err == nil {
		p.State()
		_ = p.Err()
	} else {
		wantKnownError(t, err)
	}
	r.Memory()
}

// wantKnownError fails the test for an error that is not documented, and for a fault in the engine.
func wantKnownError(t *testing.T, err error) {
	t.Helper()
	var fault *PanicError
	if errors.As(err, &fault) {
		t.Fatalf("there should be no fault in the engine: %v\n%s", err, fault.Stack)
	}
	var exception *Exception
	var unsupported *UnsupportedError
	var size *SizeError
	if err == nil || errors.As(err, &exception) || errors.As(err, &unsupported) || errors.As(err, &size) ||
		errors.Is(err, ErrInterrupted) || errors.Is(err, ErrOutOfMemory) || errors.Is(err, ErrPoisoned) {
		return
	}
	t.Fatalf("the error should be a documented one, got %v", err)
}
