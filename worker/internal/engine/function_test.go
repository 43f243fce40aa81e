package engine

import (
	"errors"
	"testing"
)

func TestRuntimeGlobalReturnsOnlyFunctions(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "var n = 1; Object.defineProperty(globalThis, 'bad', {get() { throw new TypeError('no') }})")
	for _, name := range []string{"n", "missing", "bad"} {
		if _, err := r.Global(name); err == nil {
			t.Errorf("Global(%s) should fail", name)
		}
	}
	if v, err := r.Call(global(t, r, "parseInt"), String("12px")); err != nil || v.Int() != 12 {
		t.Errorf("a built-in should be callable, got %v, %v", v, err)
	}
}

func TestRuntimeCallPassesArguments(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "'use strict'; globalThis.f = function (...a) { return [this === undefined, a.length, a.map(x => typeof x).join()] }")
	v, err := r.Call(global(t, r, "f"), Undefined(), Null(), Bool(true), Int(1), String("s"), Bytes(nil), List())
	if err != nil {
		t.Fatal(err)
	}
	got := v.List()
	if !got[0].Bool() || got[1].Int() != 7 || got[2].String() != "undefined,object,boolean,number,string,object,object" {
		t.Errorf("the function should get its seven arguments, and undefined as this, got %v", got)
	}
}

func TestRuntimeCallRefusesTooManyArguments(t *testing.T) {
	r := open(t, Options{})
	var size *SizeError
	if _, err := r.Call(global(t, r, "parseInt"), make([]Value, maxArguments+1)...); !errors.As(err, &size) {
		t.Errorf("a call with too many arguments should be a SizeError, got %v", err)
	}
}

func TestFunctionKeepAndRelease(t *testing.T) {
	r := open(t, Options{})
	f := eval(t, r, "(x => x + 1)").Function()
	f.Keep()
	f.Release()
	if v, err := r.Call(f, Int(1)); err != nil || v.Int() != 2 {
		t.Errorf("a kept function should still work after one Release, got %v, %v", v, err)
	}
	f.Release()
	f.Release()
	if _, err := r.Call(f.Keep(), Int(1)); !errors.Is(err, ErrReleased) {
		t.Errorf("a call of a released function should return ErrReleased, got %v", err)
	}
	if _, err := r.Call(nil); !errors.Is(err, ErrReleased) {
		t.Errorf("a call of nil should return ErrReleased, got %v", err)
	}
}

func TestFunctionValuePassesBack(t *testing.T) {
	r, other := open(t, Options{}), open(t, Options{})
	f := eval(t, r, "globalThis.f = () => 1; f").Function()
	defer f.Release()
	eval(t, r, "globalThis.isF = x => x === f")
	if v, err := r.Call(global(t, r, "isF"), f.Value()); err != nil || !v.Bool() {
		t.Errorf("a function should be passed back as the same object, got %v, %v", v, err)
	}
	if _, err := other.Call(f); !errors.Is(err, ErrReleased) {
		t.Errorf("a function of another runtime should be refused, got %v", err)
	}
}

func TestRuntimeCallRunsJobs(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "globalThis.log = []; globalThis.f = () => { Promise.resolve().then(() => { log.push(2); return 3 }).then(x => log.push(x)); log.push(1) }")
	if _, err := r.Call(global(t, r, "f")); err != nil {
		t.Fatal(err)
	}
	if v := eval(t, r, "log.join()"); v.String() != "1,2,3" {
		t.Errorf("the jobs should have run after the call, got %v", v)
	}
}
