package web_test

import (
	"testing"
)

// references is a module that keeps its argument in an element of a table which it does not export:
//
//	(table 4 externref)
//	(func (export "keep") (param i32 externref) local.get 0 local.get 1 table.set 0)
//	(func (export "kept") (param i32) (result externref) local.get 0 table.get 0)
//	(func (export "pass") (param externref i32) (result externref) local.get 0)
const references = "AGFzbQEAAAABEQNgAn9vAGABfwFvYAJvfwFvAwQDAAECBAQBbwAEBxYDBGtlZXAAAARrZXB0AAEEcGFzcwACChYDCAAgACABJgALBgAgACUACwQAIAAL"

func TestWebAssemblyReferencesDoNotLeak(t *testing.T) {
	p := newPage(t)
	p.eval(t, `
		const module = new WebAssembly.Module(Uint8Array.fromBase64("`+references+`"));
		const { keep, kept, pass } = new WebAssembly.Instance(module).exports;
		const first = { name: "first" };
		keep(2, first);
		globalThis.round = () => {
			for (let i = 0; i < 5000; i++) pass({ i }, 0);
			if (kept(2) !== first || kept(1) !== null || kept(2).name !== "first") throw new Error("a reference is lost");
			const argument = {};
			const nested = { valueOf() { for (let i = 0; i < 5000; i++) pass({ i }, 0); return 0; } };
			if (pass(argument, nested) !== argument) throw new Error("an argument is lost while others are converted");
		};
		round();`)
	before := p.rt.Memory().Used
	p.eval(t, `round(); round(); undefined`)
	p.rt.CollectGarbage()
	if grown := p.rt.Memory().Used - before; grown > 64<<10 {
		t.Errorf("objects that were passed to WebAssembly must not stay in memory; %d bytes are left", grown)
	}
}

func TestWebAssemblyTableSize(t *testing.T) {
	p := newPage(t)
	p.eval(t, `
		const thrown = (f) => { try { f(); } catch (error) { return error.constructor.name; } };
		const table = new WebAssembly.Table({ element: "externref", initial: 1, maximum: 5_000_000 });
		const got = [
			thrown(() => new WebAssembly.Table({ element: "anyfunc", initial: 2_000_000 })),
			thrown(() => table.grow(2_000_000)), table.grow(10), table.length,
		].join(" ");
		if (got !== "RangeError RangeError 1 11") throw new Error(got);`)
}
