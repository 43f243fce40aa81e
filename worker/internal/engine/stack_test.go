package engine

import (
	"errors"
	"strings"
	"testing"
)

func TestErrorStackHead(t *testing.T) {
	for script, want := range map[string]string{
		`new Error("made")`:       "Error: made\n    at ",
		`new TypeError("made")`:   "TypeError: made\n    at ",
		`new Error("")`:           "Error\n    at ",
		`new Error("two\nlines")`: "Error: two\nlines\n    at ",
		`new Error("é€😀")`:        "Error: é€😀\n    at ",
		`new Error("joined " + "x".repeat(9000).slice(8999))`:            "Error: joined x\n    at ",
		`caught(() => null.x)`:                                           "TypeError: cannot read property 'x' of null\n    at ",
		`caught(() => undefinedName)`:                                    "ReferenceError: 'undefinedName' is not defined\n    at ",
		`caught(() => JSON.parse("{"))`:                                  "SyntaxError: ",
		`caught(() => eval("{"))`:                                        "SyntaxError: ",
		`caught(() => __host.fails())`:                                   "RangeError: from Go\n    at ",
		`caught(() => __host.named())`:                                   "OwnError: from Go\n    at ",
		`caught(() => new Array(-1))`:                                    "RangeError: invalid array length\n    at ",
		`caught(function f() { f(); })`:                                  "InternalError: stack overflow\n    at ",
		`new (class Own extends Error {})("m")`:                          "Error: m\n    at ",
		`new (class Own extends Error { get name() { throw 1; } })("m")`: "m\n    at ",
		`(() => { class Own extends TypeError {} Own.prototype.name = "Own"; return new Own("m"); })()`: "Own: m\n    at ",
		`new AggregateError([], "all")`:                                                                       "AggregateError: all\n    at ",
		`new Error("m", { cause: new Error("c") })`:                                                           "Error: m\n    at ",
		`(() => { const e = new Error("m"); e.stack = "own"; return e; })()`:                                  "own",
		`(() => { const e = new Error("m"); delete e.stack; e.stack = "    at own"; return e; })()`:           "    at own",
		`(() => { const e = new Error("m"); delete e.stack; e.message = "later"; e.other = 1; return e; })()`: "undefined",
	} {
		rt := open(t, Options{})
		define(t, rt, "fails", func([]Value) (Value, error) {
			return Undefined(), &Throw{Name: "RangeError", Message: "from Go"}
		})
		define(t, rt, "named", func([]Value) (Value, error) {
			return Undefined(), &Throw{Name: "OwnError", Message: "from Go"}
		})
		v, err := rt.EvalScript("t.js", `const caught = (f) => { try { f(); } catch (e) { return e; } }; String((`+script+`).stack)`)
		if err != nil || !strings.HasPrefix(v.String(), want) {
			t.Errorf("the stack of %s should begin with %q, got %q, %v", script, want, v.String(), err)
		}
	}
}

func TestErrorProperties(t *testing.T) {
	rt := open(t, Options{})
	v, err := rt.EvalScript("t.js", `
		const e = new Error("m", { cause: 7 });
		e.code = "E"; e[0] = 1; Object.defineProperty(e, "hidden", { value: 2 });
		const { value, ...flags } = Object.getOwnPropertyDescriptor(e, "stack");
		JSON.stringify([e.message, e.cause, e.code, e[0], e.hidden, Object.keys(e), Object.getOwnPropertyNames(e).sort(), flags,
			"stack" in e, delete e.code, "code" in e, Object.isFrozen(Object.freeze(e)), Object.isExtensible(e),
			(() => { "use strict"; try { e.more = 1; } catch (error) { return error.name; } })()])`)
	want := `["m",7,"E",1,2,["0","code"],["0","cause","code","hidden","message","stack"],{"writable":true,"enumerable":false,"configurable":true},true,true,false,true,false,"TypeError"]`
	if err != nil || v.String() != want {
		t.Errorf("an error should be an ordinary object with the properties %s, got %s, %v", want, v.String(), err)
	}
}

func TestExceptionStackHasFramesOnly(t *testing.T) {
	for script, message := range map[string]string{
		`throw new Error("m")`:                 "m",
		`throw new Error("two\n    at lines")`: "two\n    at lines",
		`class A extends Error { constructor(m) { super(m); this.name = "A"; } } throw new A("m")`: "m",
		`null.x`: "cannot read property 'x' of null",
		`const e = new Error("m"); e.message = "changed"; throw e`: "changed",
	} {
		rt := open(t, Options{})
		_, err := rt.EvalScript("t.js", script)
		e, ok := errors.AsType[*Exception](err)
		if !ok || e.Message != message || !strings.HasPrefix(e.Stack, "    at ") || len(e.Frames) == 0 || e.Frames[0].File != "t.js" {
			t.Errorf("the exception of %s should have the message %q and a stack of frames only, got %#v", script, message, e)
		}
	}
}
