package engine

import (
	"slices"
	"strings"
	"testing"
)

// contextPrelude defines run(context, f), which calls f in a context, and note(label), which logs the present context.
const contextPrelude = `
	const {context, followContext, log, react, enqueue} = __host;
	followContext(Symbol("context"));
	const run = (value, f, ...args) => { const before = context(value); try { return f(...args); } finally { context(before); } };
	const note = (label) => log(label + "=" + context());
	const tick = () => new Promise((resolve) => Promise.resolve().then(resolve));
	const rejected = () => tick().then(() => { throw 0 });
	0;`

// logContexts returns a Runtime with the functions of contextPrelude, and the lines of note.
func logContexts(t *testing.T) (*Runtime, *[]string) {
	r, seen := collectUnhandled(t)
	define(t, r, "log", func(args []Value) (Value, error) {
		*seen = append(*seen, args[0].String())
		return Undefined(), nil
	})
	eval(t, r, contextPrelude)
	return r, seen
}

func TestContextFollowsPromises(t *testing.T) {
	for source, want := range map[string]string{
		`run(1, note, "sync"); note("after")`:                                                                                                                                                                     "sync=1 after=undefined",
		`run(1, () => tick().then(() => note("then")))`:                                                                                                                                                           "then=1",
		`run(1, () => rejected().catch(() => note("catch")).finally(() => note("finally")))`:                                                                                                                      "catch=1 finally=1",
		`const p = run(1, tick); run(2, () => p.then(() => note("caller of then")))`:                                                                                                                              "caller of then=2",
		`let settle; run(1, async () => { await new Promise((ok) => settle = ok); note("await") }); run(2, () => settle()); note("after")`:                                                                        "after=undefined await=1",
		`run(1, async () => { await 0; note("a"); await tick(); note("b"); await null; note("c") })`:                                                                                                              "a=1 b=1 c=1",
		`run(1, async () => { try { await rejected() } catch { note("caught") } finally { await 0; note("finally") } })`:                                                                                          "caught=1 finally=1",
		`run(1, async () => { const f = async () => { await tick(); note("inner"); return 5 }; log("" + await f()); note("outer") })`:                                                                             "inner=1 5 outer=1",
		`run(1, async () => { await 0; run(2, async () => { await tick(); note("inner") }); note("outer"); await tick(); await tick(); note("later") })`:                                                          "outer=1 inner=2 later=1",
		`run(1, async () => { await Promise.all([1, 2, 3].map(async (n) => { await tick(); run(n, () => note("n")); note("all") })); note("end") })`:                                                              "n=1 all=1 n=2 all=1 n=3 all=1 end=1",
		`for (const n of [1, 2, 3]) run(n, async () => { for (let i = 0; i < 2; i++) await tick(); note("request") }); note("root")`:                                                                              "root=undefined request=1 request=2 request=3",
		`run(1, async () => { await Promise.race([tick(), tick()]); note("race"); await Promise.any([rejected(), tick()]); note("any"); await Promise.allSettled([rejected()]); note("settled") })`:               "race=1 any=1 settled=1",
		`run(1, () => { const p = (async () => { await tick() })(); run(2, () => p.then(() => note("then"))) })`:                                                                                                  "then=2",
		`const p = run(1, async () => { await tick() }); run(2, async () => { await p; note("await") })`:                                                                                                          "await=2",
		`run(1, () => Promise.withResolvers().promise.then()); run(2, () => Promise.resolve().then(() => note("x")))`:                                                                                             "x=2",
		`run(1, () => { react(tick(), () => note("react")); react(rejected(), () => note("rejected")); react(Promise.resolve(), () => note("always"), 0, true); enqueue(() => note("enqueue")) }); note("after")`: "after=undefined always=1 enqueue=1 react=1 rejected=1",
		// thenables
		`run(1, async () => { await { then(ok) { note("thenable"); ok() } }; note("after") })`:                              "thenable=1 after=1",
		`const f = async () => ({ then(ok) { note("returned"); ok() } }); run(1, async () => { await f(); note("after") })`: "returned=1 after=1",
		`run(1, () => new Promise((ok) => ok({ then(ok) { note("resolved"); ok() } })).then(() => note("then")))`:           "resolved=1 then=1",
		`run(1, () => tick().then(() => ({ then(ok) { note("from then"); ok() } })))`:                                       "from then=1",
		// generators
		`async function* g() { note("start"); await tick(); note("awaited"); yield 1; note("again"); await 0; yield 2; note("end") }
			run(1, async () => { for await (const n of g()) { note("body" + n); await tick() } note("after") })`: "start=1 awaited=1 body1=1 again=1 body2=1 end=1 after=1",
		`async function* g() { for (;;) { await tick(); yield context() } }
			const it = g(); run(1, async () => { log("" + (await it.next()).value); run(2, async () => { log("" + (await it.next()).value) }) })`: "1 2",
		`async function* g() { try { yield 1 } finally { await tick(); note("finally") } }
			run(1, async () => { const it = g(); await it.next(); await it.return(); note("after") })`: "finally=1 after=1",
		`async function* g() { await tick(); note("inner"); yield 1 } async function* outer() { yield* g(); note("outer") }
			run(1, async () => { for await (const n of outer()); note("after") })`: "inner=1 outer=1 after=1",
		`run(1, async () => { for await (const n of [tick(), 2]) note("n"); note("after") })`: "n=1 n=1 after=1",
		// changes without an end
		`context(1); note("sync"); tick().then(() => note("then"))`:                                                                          "sync=1 then=1",
		`run(1, async () => { context(2); await tick(); note("entered"); context(3); await 0; note("again") }); note("out")`:                 "out=undefined entered=2 again=3",
		`(async () => { await 0; context(1); await 0; note("in") })(); (async () => { await tick(); note("other") })()`:                      "in=1 other=undefined",
		`async function* g() { await 0; context(2); await tick(); note("in"); yield } run(1, async () => { await g().next(); note("out") })`: "in=2 out=1",
		// errors
		`try { run(1, () => { throw 0 }) } catch { note("caught") }`:                                 "caught=undefined",
		`run(1, async () => { await 0; throw 0 }).catch(() => note("caught"))`:                       "caught=undefined",
		`run(1, () => { tick().then(() => { throw 0 }).then(() => note("no"), () => note("yes")) })`: "yes=1",
		// methods that a script has changed
		`const then = Promise.prototype.then; Promise.prototype.then = function (...args) { return then.apply(this, args) }; run(1, () => tick().then(() => note("own")))`: "own=1",
		`class P extends Promise {} run(1, () => P.resolve(1).then(() => note("subclass")))`:                                                                               "subclass=1",
	} {
		r, seen := logContexts(t)
		_, err := r.EvalScript("test.js", "{"+source+"}; 0")
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		got := strings.Join(slices.DeleteFunc(*seen, func(line string) bool { return strings.HasPrefix(line, "unhandled") }), " ")
		if got != want {
			t.Errorf("the contexts of\n\t%s\nare %q; got %q", source, want, got)
		}
	}
}

func TestContextEndsWithTheTurn(t *testing.T) {
	r, seen := logContexts(t)
	eval(t, r, `context(1); 0`)
	eval(t, r, `note("next turn"); Promise.resolve().then(() => { context(2) }); Promise.resolve().then(() => note("next job")); 0`)
	if want := []string{"next turn=undefined", "next job=undefined"}; !slices.Equal(*seen, want) {
		t.Errorf("a turn and a job begin without a context: %q; got %q", want, *seen)
	}
}

func TestContextIsFreed(t *testing.T) {
	r, seen := logContexts(t)
	eval(t, r, `
		const registry = new FinalizationRegistry((name) => log(name));
		const make = (name) => { const value = { name }; registry.register(value, name); return value; };
		const kept = [run(make("async function"), async () => { await tick(); })];
		run(make("abandoned"), async () => { await new Promise(() => {}); });
		run(make("generator"), async () => { async function* g() { await tick(); yield 1; } const it = g(); kept.push(it); await it.next(); });
		0`)
	eval(t, r, `0`)
	r.CollectGarbage()
	eval(t, r, `0`)
	slices.Sort(*seen)
	if want := []string{"abandoned", "async function", "generator"}; !slices.Equal(*seen, want) {
		t.Errorf("a context is freed when the code in it has ended or can never run: %q; got %q", want, *seen)
	}
}

func TestContextWithoutFollowContext(t *testing.T) {
	r, seen := collectUnhandled(t)
	eval(t, r, `const {context} = __host; context(1); Promise.resolve().then(() => { if (context() !== undefined) throw 0 }); 0`)
	if len(*seen) > 0 {
		t.Errorf("contexts follow promises only after followContext; got %q", *seen)
	}
}
