package engine

import "testing"

// BenchmarkScript measures single operations of the language, so that preludes can avoid expensive ones. Each operation
// runs many times within one call, so that the cost of the call itself does not matter.
func BenchmarkScript(b *testing.B) {
	for _, c := range []struct{ name, setup, code string }{
		{"loop", ``, ``},
		{"call", `function f() {}`, `f()`},
		{"closure", ``, `(() => i)`},
		{"object", ``, `({})`},
		{"object13", ``, `({a: 1, b: 2, c: 3, d: 1, e: 2, f: 3, g: 1, h: 2, i: 3, j: 1, k: 2, l: 3, m: 4})`},
		{"class0", `class C {}`, `new C()`},
		{"classPrivate1", `class C { #a; constructor() { this.#a = 1; } }`, `new C()`},
		{"classPrivate3", `class C { #a; #b; #c; constructor() { this.#a = 1; this.#b = 2; this.#c = 3; } }`, `new C()`},
		{"array13", ``, `[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]`},
		{"class3private1", `class A { #s; constructor(a) { this.#s = a; } } class B extends A { constructor(a) { super(a); }} class C extends B { constructor(a) { super(a); } }`, `new C(1)`},
		{"arguments", `function f(a) { if (arguments.length < 1) throw 1; }`, `f(1)`},
		{"weakMapSet", `const m = new WeakMap();`, `m.set({}, 1)`},
		{"dateNow", ``, `Date.now()`},
		{"mapGet", `const m = new Map([["abc", 1]]);`, `m.get("abc")`},
		{"forOf", `const list = [1];`, `for (const x of list) ;`},
		{"forI", `const list = [1];`, `for (let j = 0; j < list.length; j++) list[j];`},
		{"newPromise", ``, `new Promise((resolve) => resolve(1))`},
		{"conceal", `const {conceal} = globalThis.__host, proto = {};`, `conceal(1, proto, i)`},
		{"reveal", `const {conceal, reveal} = globalThis.__host, o = conceal(1, {}, 1);`, `reveal(1, o)`},
		{"host0", `const h = globalThis.__host.nothing;`, `h()`},
		{"hostString", `const h = globalThis.__host.nothing; const s = "local-AAAAAAAAAAAAAAAAAAAAAA"`, `h(s)`},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := benchRuntime(b, c.setup+";globalThis.run = (n) => { for (let i = 0; i < n; i++) { "+c.code+" } };")
			fn, err := r.Global("run")
			if err != nil {
				b.Fatal(err)
			}
			const batch = 1000
			for b.Loop() {
				if _, err := r.Call(fn, Int(batch)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/each")
		})
	}
}

// BenchmarkCall measures a turn.
func BenchmarkCall(b *testing.B) {
	for _, c := range []struct {
		name, code string
		args       []Value
	}{
		{"empty", `return () => {}`, nil},
		{"int", `return () => {}`, []Value{Int(1)}},
		{"texts", `return () => {}`, []Value{Int(1), String("local-AAAAAAAAAAAAAAAAAAAAAA"), String("hello, this is a message")}},
		{"host", `return () => { h() }`, nil},
		{"echo", `return (i, s, m) => { h(s, m); d(i) }`, []Value{Int(1), String("local-AAAAAAAAAAAAAAAAAAAAAA"), String("hello, this is a message")}},
		{"async", `return async () => { await null }`, nil},
		{"async0", `return async () => { }`, nil},
		{"async0Then", `const f = async () => { }, done = () => {}; return () => { f().then(done, done) }`, nil},
		{"asyncReact", `const f = async () => { await null }, done = () => {}, {react} = globalThis.__host; return () => { react(f(), done, 1) }`, nil},
		{"asyncThen", `const f = async () => { await null }, done = () => {}; return () => { f().then(done, done) }`, nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := benchRuntime(b, "const h = globalThis.__host.nothing, d = h; globalThis.run = (() => {"+c.code+"})();")
			fn, err := r.Global("run")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Call(fn, c.args...)
			}
		})
	}
}

// benchRuntime returns a Runtime in which script has run, with a host function nothing.
func benchRuntime(b *testing.B, script string) *Runtime {
	b.Helper()
	r, err := New(Options{MemoryLimit: 128 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = r.Close() })
	if err := r.Define("nothing", func([]Value) (Value, error) { return Undefined(), nil }); err != nil {
		b.Fatal(err)
	}
	if _, err := r.EvalScript("bench.js", "{"+script+"}"); err != nil {
		b.Fatal(err)
	}
	return r
}
