package engine

import (
	"errors"
	"math"
	"testing"
)

func TestNumberRoundTrip(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "globalThis.same = x => x; globalThis.is = (a, b) => Object.is(a, b)")
	same, is := global(t, r, "same"), global(t, r, "is")
	for source, f := range map[string]float64{
		"0": 0, "-0": math.Copysign(0, -1), "1": 1, "-1": -1, "2147483647": math.MaxInt32, "2147483648": 1 << 31,
		"-2147483648": math.MinInt32, "0.5": 0.5, "NaN": math.NaN(), "Infinity": math.Inf(1), "1e308": 1e308, "9007199254740993": 1 << 53,
	} {
		v, err := r.Call(same, Number(f))
		if err != nil || math.Float64bits(v.Float()) != math.Float64bits(f) && f == f {
			t.Errorf("%v should come back unchanged, got %v, %v", f, v, err)
		}
		if v, err := r.Call(is, Number(f), eval(t, r, source)); err != nil || !v.Bool() {
			t.Errorf("%v should be %s in a script, got %v, %v", f, source, v, err)
		}
	}
}

func TestListNesting(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "globalThis.text = l => JSON.stringify(l)")
	v, err := r.Call(global(t, r, "text"), List(Int(1), List(String("a"), Null(), Bool(true)), List()))
	if err != nil || v.String() != `[1,["a",null,true],[]]` {
		t.Errorf("a nested list should become nested arrays, got %v, %v", v, err)
	}
	out := eval(t, r, "[1, ['a', undefined, , true], [], new Uint8Array(2)]").List()
	if len(out) != 4 || out[1].List()[0].String() != "a" || out[1].List()[2].Kind() != KindUndefined || len(out[3].Bytes()) != 2 {
		t.Errorf("nested arrays should become nested lists, got %v", out)
	}
}

// The elements are defined without calling setters that a script may have added to the prototype.
func TestListIgnoresSettersOfArrayPrototype(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "Object.defineProperty(Array.prototype, 0, {set() { throw 1 }}); globalThis.first = l => l[0]")
	if v, err := r.Call(global(t, r, "first"), List(Int(5))); err != nil || v.Int() != 5 {
		t.Errorf("a list should be converted regardless of Array.prototype, got %v, %v", v, err)
	}
}

func TestListRefusesCyclesAndLargeArrays(t *testing.T) {
	r := open(t, Options{})
	define(t, r, "take", func([]Value) (Value, error) { return Undefined(), nil })
	for _, source := range []string{
		"var a = []; a.push(a); __host.take(a)",
		"var a = []; a.push(a, a, a); __host.take(a)",
		"__host.take(new Array(2e6))", "var a = []; a.length = 4294967295; __host.take(a)",
		"var a = new Array(100).fill(new Array(2000)); __host.take(a)",
	} {
		if e := mustThrow(t, r, source); e.Name != "TypeError" {
			t.Errorf("%s should throw a TypeError, got %v", source, e)
		}
	}
	loop := make([]Value, 1)
	loop[0] = List(loop...)
	eval(t, r, "globalThis.same = x => 1")
	var size *SizeError
	if _, err := r.Call(global(t, r, "same"), loop[0]); !errors.As(err, &size) {
		t.Errorf("a cyclic list should be a SizeError, got %v", err)
	}
	define(t, r, "loop", func([]Value) (Value, error) { return loop[0], nil })
	if e := mustThrow(t, r, "__host.loop()"); e.Name != "TypeError" {
		t.Errorf("a cyclic result should be a TypeError, got %v", e)
	}
}

func TestListFromGoHasNoLimit(t *testing.T) {
	r := open(t, Options{})
	const n = maxListValues + 5
	define(t, r, "list", func([]Value) (Value, error) { return List(make([]Value, n)...), nil })
	if got := eval(t, r, "__host.list().length").Int(); got != n {
		t.Errorf("a list of %d values should be complete, got %d", n, got)
	}
	eval(t, r, "globalThis.count = (list) => list.length")
	if got, err := r.Call(global(t, r, "count"), List(make([]Value, n)...)); err != nil || got.Int() != n {
		t.Errorf("an argument of %d values should be complete, got %v, %v", n, got.Int(), err)
	}
}

func TestUnsupportedErrorNamesType(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "globalThis.make = s => eval(s)")
	for source, name := range map[string]string{
		"({})": "Object", "new Map": "Map", "Promise.resolve()": "Promise", "Symbol()": "symbol", "2n**99n": "bigint of more than 64 bits", "-(2n**63n)-1n": "bigint of more than 64 bits",
		"new Date": "Date", "/x/": "RegExp", "new Error": "Error", "new Proxy([], {})": "Proxy", "[[new Set]]": "Set", "new String('x')": "String",
	} {
		_, err := r.Call(global(t, r, "make"), String(source))
		var unsupported *UnsupportedError
		if !errors.As(err, &unsupported) || unsupported.Type != name {
			t.Errorf("%s should be an UnsupportedError of type %s, got %v", source, name, err)
		}
	}
}

func TestListElementGetterThrows(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "globalThis.make = () => Object.defineProperty([() => 1, 2], 1, {get() { throw new RangeError('no') }})")
	_, err := r.Call(global(t, r, "make"))
	var e *Exception
	if !errors.As(err, &e) || e.Name != "RangeError" {
		t.Errorf("the exception of a getter should be returned, got %v", err)
	}
}
