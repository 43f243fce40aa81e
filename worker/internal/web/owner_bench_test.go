package web_test

import "testing"

// BenchmarkOwner measures an async function with and without an Owner.
func BenchmarkOwner(b *testing.B) {
	const async = `const f = async () => { for (let i = 0; i < 10; i++) await null; };`
	b.Run("none", func(b *testing.B) { benchmarkScript(b, async, `f()`) })
	b.Run("followed", func(b *testing.B) { benchmarkScript(b, async+`new internal.Owner();`, `f()`) })
	b.Run("owned", func(b *testing.B) {
		benchmarkScript(b, async+`const o = new internal.Owner();`, `internal.enter(o, f)`)
	})
	b.Run("owned then", func(b *testing.B) {
		benchmarkScript(b, `const g = () => { Promise.resolve().then(() => {}).then(() => {}) }; const o = new internal.Owner();`, `internal.enter(o, g)`)
	})
	b.Run("then", func(b *testing.B) {
		benchmarkScript(b, `const g = () => { Promise.resolve().then(() => {}).then(() => {}) };`, `g()`)
	})
	b.Run("create", func(b *testing.B) { benchmarkScript(b, ``, `new internal.Owner()`) })
	b.Run("deliver", func(b *testing.B) {
		benchmarkScript(b, `const o = new internal.Owner(); const g = () => {};`, `o.deliver(g)`)
	})
}
