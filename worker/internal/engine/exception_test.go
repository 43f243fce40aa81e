package engine

import (
	"errors"
	"strings"
	"testing"
)

func TestExceptionHasMessageFramesAndCauses(t *testing.T) {
	r := open(t, Options{})
	e := mustThrow(t, r, "function f() {\n  throw new TypeError('bad', {cause: new RangeError('deep', {cause: 'root'})})\n}\nf()")
	if e.Error() != "TypeError: bad" || len(e.Frames) != 2 {
		t.Fatalf("the exception should have name, message and two frames, got %v %+v", e, e.Frames)
	}
	if e.Frames[0] != (Frame{"f", "test.js", 2, 22}) || e.Frames[1] != (Frame{"", "test.js", 4, 2}) {
		t.Errorf("the frames should have positions in the source, got %+v", e.Frames)
	}
	if e.Cause == nil || e.Cause.Error() != "RangeError: deep" || e.Cause.Cause.Error() != "root" {
		t.Errorf("the exception should have its causes, got %v", e.Cause)
	}
	if !errors.Is(e, e.Cause) || errors.Unwrap(e.Cause.Cause) != nil {
		t.Error("errors.Is should find a cause, and the last cause should have none")
	}
}

func TestExceptionErrorsOfAggregateError(t *testing.T) {
	r := open(t, Options{})
	e := mustThrow(t, r, "throw new AggregateError([new TypeError('a', {cause: 'why'}), 'b', 3, null, 5, 6], 'all failed', {cause: new AggregateError([1])})")
	got := e.Error()
	for _, item := range e.Errors {
		got += "|" + item.Error()
	}
	if want := "AggregateError: all failed|TypeError: a|b|3|null"; got != want || e.More != 2 {
		t.Errorf("the exception should have the first errors, %q and 2 more, got %q and %d", want, got, e.More)
	}
	if e.Errors[0].Cause == nil || len(e.Cause.Errors) != 1 {
		t.Error("the errors should have their causes, and the cause its errors")
	}
	for source, want := range map[string]int{
		"var e = new AggregateError([]); e.errors = [1]; throw e":                                                     1,
		"throw new AggregateError([])":                                                                                0,
		"var e = new Error('x'); e.errors = 'text'; throw e":                                                          0,
		"var e = new Error('x'); e.errors = {length: 3}; throw e":                                                     0,
		"var e = new Error('x'); e.errors = [e]; throw e":                                                             1,
		"var e = new Error('x'); e.errors = [,,]; throw e":                                                            2,
		"var e = new Error('x'); e.errors = Array(4e9); throw e":                                                      maxErrors,
		"var e = new Error('x'); e.errors = new Proxy([1], {}); throw e":                                              1,
		"var e = new Error('x'); Object.defineProperty(e, 'errors', {get() { throw e }}); throw e":                    0,
		"var e = new Error('x'); e.errors = new Proxy([1], {get() { throw e }}); throw e":                             0,
		"var e = new Error('x'), p = Proxy.revocable([], {}); p.revoke(); e.errors = p.proxy; throw e":                0,
		"var e = new Error('x'); e.errors = [1, 2]; Object.defineProperty(e.errors, 1, {get() { throw e }}); throw e": 1,
	} {
		if e := mustThrow(t, r, source); len(e.Errors) != want {
			t.Errorf("%s should have %d errors, got %d", source, want, len(e.Errors))
		}
	}
	if v := eval(t, r, "1 + 1"); v.Int() != 2 {
		t.Errorf("the runtime should still work, got %v", v)
	}
}

func TestExceptionOfAnyValue(t *testing.T) {
	r := open(t, Options{})
	for source, want := range map[string]string{
		"throw 'text'": "text", "throw 12.5": "12.5", "throw undefined": "undefined", "throw null": "null", "throw true": "true",
		"throw 5n": "5n", "throw Symbol('s')": "Symbol(s)", "throw {code: 7, why: 'x'}": `{ code: 7, why: "x" }`, "throw [1, 2]": "[ 1, 2 ]",
		"throw {message: 'duck'}": "duck", "throw {name: 'Duck', message: 'typed'}": "Duck: typed", "throw function f() {}": "[Function f]",
		"throw new (class MyError extends Error { name = 'Mine' })('m')":                                 "Mine: m",
		"throw new (class { get name() { return 'DOMException' } get message() { return 'computed' } })": "DOMException: computed",
		"throw new Error": "Error", "throw new Error('')": "Error", "throw Object.create(null)": "{  }",
	} {
		if e := mustThrow(t, r, source); e.Error() != want {
			t.Errorf("the text of %s should be %q, got %q", source, want, e.Error())
		}
	}
}

func TestExceptionOfHostileValues(t *testing.T) {
	r := open(t, Options{Depth: 500})
	const hostile = "var bad = {get() { throw bad }, getOwnPropertyDescriptor() { throw bad }, ownKeys() { throw bad }, getPrototypeOf() { throw bad }, has() { throw bad }};"
	for _, source := range []string{
		"var e = new Error('x'); Object.defineProperty(e, 'message', {get() { throw e }}); throw e",
		"var e = new Error('x'); Object.defineProperty(e, 'stack', {get() { throw e }}); throw e",
		"var e = new Error('x'); Object.defineProperty(e, 'name', {get() { return {toString() { throw e }} }}); throw e",
		"var e = new Error('x'); e.cause = e; throw e",
		"var e = new Error('x'); Object.defineProperty(e, 'cause', {get() { return new Proxy(e, {}) }}); throw e",
		"var e = new Error('x'); Object.defineProperty(e, 'message', {get() { function f() { f() } f() }}); throw e",
		"var e = new Error('x'); e.stack = {}; e.message = Symbol(); e.name = 5; throw e",
		"throw {toString() { throw 1 }, valueOf() { throw 2 }, [Symbol.toPrimitive]() { throw 3 }}",
		hostile + "throw new Proxy(new Error('x'), bad)",
		hostile + "throw new Proxy({}, bad)",
		hostile + "var p = Proxy.revocable({}, {}); p.revoke(); throw p.proxy",
		hostile + "throw new Proxy(function () {}, bad)",
		hostile + "var e = new Error('x'); Object.setPrototypeOf(e, new Proxy({}, bad)); throw e",
		"var o = {}; o.o = o; throw o",
		"var a = []; for (let i = 0; i < 1e4; i++) a.push({i}); throw a",
		"throw 'x'.repeat(1e5)", "throw new Error('é'.repeat(1e5))",
	} {
		e := mustThrow(t, r, source)
		if len(e.Error()) > 2*maxErrorText {
			t.Errorf("the text of %.60s should be truncated, got %d bytes", source, len(e.Error()))
		}
	}
	if v := eval(t, r, "1 + 1"); v.Int() != 2 {
		t.Errorf("the runtime should still work, got %v", v)
	}
}

func TestErrStackOverflowCanBeCaught(t *testing.T) {
	r := open(t, Options{Depth: 500})
	for _, f := range []string{
		"function f() { return f() + 1 }", "var f = () => [1].map(f)", "function f() { JSON.stringify({get x() { return f() }}) }",
		"var o = {get x() { return this.x }}; var f = () => o.x", "function f() { new Proxy({}, {get: f}).x }", "class A { constructor() { new A } } var f = () => new A",
		"var f = () => 'x'.replace(/x/, f)", "function* g() { yield* g() } var f = () => g().next()",
	} {
		if v := eval(t, r, f+"; try { f(); 'no end' } catch (e) { e.message }"); v.String() != "stack overflow" {
			t.Errorf("the script should be able to catch the overflow of %s, got %v", f, v)
		}
	}
	e := mustThrow(t, open(t, Options{}), "function f() { return f() + 1 } f()")
	if !errors.Is(e, ErrStackOverflow) || len(e.Frames) > maxFrames {
		t.Errorf("an overflow should be ErrStackOverflow with a bounded stack, got %v, %d frames", e, len(e.Frames))
	}
	for _, deep := range []string{strings.Repeat("[", 5000), strings.Repeat("(", 5000), strings.Repeat("{a:", 5000), strings.Repeat("!", 5000)} {
		if _, err := r.EvalScript("deep.js", "x="+deep); err == nil {
			t.Errorf("%.5s... should not parse", deep)
		}
		if v := eval(t, r, "try { JSON.parse('"+strings.ReplaceAll(deep, "a", `"a"`)+"') } catch (e) { 'error' }"); v.String() != "error" {
			t.Errorf("%.5s... should not be JSON", deep)
		}
	}
}
